"""A large store beside a small one: two databases, with a process on each, measured alternately.

Events are encrypted and inserted as by the service; a full run takes a million, a quick one a tenth of that.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from uuid import UUID

import psycopg

from bench.machine import Machine
from bench.serving import Target, serving
from bench.table import MEGABYTES, Row
from episodes.event_log.tail import Tail
from tests.support.episodes.api_process import Api
from tests.support.episodes.log_writer import Log, opening, session
from tests.support.servers.postgres import Database

SMALL, LARGE, QUICKLY = 10_000, 1_000_000, 100_000
TARGET, MAX_MEMORY = 0.9, 1.1
NETWORK = "demo"
PAGE, EVENTS_OF_EPISODE, AT_ONCE = 200, 20, 100


@dataclass(frozen=True)
class Store:
    """One of the two stores."""

    target: Target
    api: Api
    tail: Tail
    episodes: list[UUID]

    def figures(self, seconds: float) -> dict[str, float]:
        """The rates per second, and afterwards the memory of the process."""
        return {
            "durable commands": self.target.load(seconds).per_second,
            f"pages of {PAGE} for the relay": _rate(self._relay_page, seconds / 4),
            "pages of 100 of the feed": _rate(self._feed_page, seconds / 4),
            f"an episode of {EVENTS_OF_EPISODE} events": _rate(self._episode, seconds / 4),
            "memory of the process": self.api.process.memory_info().rss / 1e6,
        }

    def _relay_page(self) -> None:
        assert len(self.tail.page(self._somewhere(), PAGE)) == PAGE

    def _feed_page(self) -> None:
        answer = self.api.http.get("/v1/feed", params={"after": f"p{self._somewhere()}"})
        assert answer.status_code == 200, answer.text

    def _episode(self) -> None:
        assert self.api.http.get(f"/v1/episodes/{random.choice(self.episodes)}").status_code == 200

    def _somewhere(self) -> int:
        return random.randrange(len(self.episodes) * EVENTS_OF_EPISODE - PAGE)


def measure(machine: Machine) -> Iterator[Row]:
    """Each figure of the large store beside that of the small one, measured alternately."""
    size = LARGE if machine.full else QUICKLY
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with ExitStack() as opened:
        large, small = (_store(machine.episodes(), events, opened) for events in (size, SMALL))
        for _ in range(machine.rounds):
            ours, beside = large.figures(machine.seconds), small.figures(machine.seconds)
            for what, figure in ours.items():
                seen[what].append((figure, beside[what]))
    for what, figures in seen.items():
        grown, new = zip(*figures, strict=True)
        memory = what.startswith("memory")
        yield Row(
            f"{what}, {size:,} events",
            grown,
            f"the same with {SMALL:,}",
            new,
            MAX_MEMORY if memory else TARGET,
            MEGABYTES if memory else "/s",
            memory,
        )


def _store(database: Database, events: int, opened: ExitStack) -> Store:
    target, (api, *_) = opened.enter_context(serving(database))
    log = opened.enter_context(closing(Log(database, target.keys_dir)))
    episodes = [one for _ in range(events // EVENTS_OF_EPISODE // AT_ONCE) for one in _care(log)]
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE stored_events")
    tail = opened.enter_context(closing(Tail(database.url("project"), log.keyring.unwrap, [NETWORK])))
    return Store(target, api, tail, episodes)


def _care(log: Log) -> list[UUID]:
    """Facts of several episodes, interleaved: each is opened, then treated."""
    growing = [log.episode(NETWORK) for _ in range(AT_ONCE)]
    log.record((episode, opening(episode)) for episode in growing)
    log.record((episode, session()) for _ in range(EVENTS_OF_EPISODE - 1) for episode in growing)
    return [episode.id for episode in growing]


def _rate(work: Callable[[], None], seconds: float) -> float:
    began, times = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < seconds:
        work()
        times += 1
    return times / took
