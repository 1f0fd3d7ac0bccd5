"""Rebuilding state from stored bytes in one process: of one episode, and of the whole log in the database.

The anchors are the target, 30,000 events a second, and the least that any reader must do with the same bytes:
to decrypt them and to read the JSON of metadata and payload.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from bench.machine import Machine, refuse_unmarked
from bench.table import Row
from care_platform.runtime import tune
from episodes.event_log.codec import DataKey, metadata_of
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.tail import Tail
from tests.support.episodes.log_writer import Log, opening, private, session

AIM = 30_000
EPISODES, EVENTS = 100, 200
WORDS = "word " * 20
"""A note that makes a stored session about 1.2 KB large."""

NETWORK = "bench"
PAGE = 1_000
"""Larger than a follower's page: nothing is written here, so no transaction has to be short."""


def measure(machine: Machine) -> Iterator[Row]:
    """Each figure once in each round."""
    database = machine.episodes()
    refuse_unmarked(database.superuser_url)
    with TemporaryDirectory() as keys_dir, closing(Log(database, Path(keys_dir))) as log:
        fill(log, EPISODES, EVENTS)
        with closing(Tail(database.url("project"), log.keyring.unwrap, [NETWORK])) as tail:
            events, keys = _one_episode(tail)
            tune(all_every=None)
            one, least, whole = [], [], []
            for _ in range(machine.rounds):
                one.append(_rate(lambda: folded(None, events, keys), machine.seconds / 8))
                least.append(_rate(lambda: _unseal(events, keys), machine.seconds / 8))
                whole.append(_replayed(tail))
    aim = [float(AIM)] * machine.rounds
    yield Row("rebuild an episode of 200 events", one, "the aim", aim, 1.0)
    yield Row("", one, "the same bytes unsealed, read as JSON", least, None)
    yield Row("replay the log from the database", whole, "the aim", aim, 1.0)


def fill(log: Log, episodes: int, events: int) -> None:
    """Fill the log with episodes that grow together: opened, consented to, then sessions."""
    growing = [log.episode(NETWORK) for _ in range(episodes)]
    log.record((episode, opening(episode)) for episode in growing)
    log.record((episode, private()) for episode in growing)
    log.record((episode, session(WORDS)) for _ in range(events - 2) for episode in growing)


def _one_episode(tail: Tail) -> tuple[list[StoredEvent], Mapping[UUID, DataKey]]:
    first = metadata_of(tail.page(0, 1)[0])
    return tail.newer({first.episode_id: 0})[first.episode_id], tail.keys({(NETWORK, first.client)})


def _rate(work: Callable[[], object], seconds: float) -> float:
    began, times = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < seconds:
        work()
        times += 1
    return EVENTS * times / took


def _unseal(events: list[StoredEvent], keys: Mapping[UUID, DataKey]) -> None:
    """Decrypt by the stored form alone, format 1, as `event_log/stored_form.py` describes it."""
    for event in events:
        state = event.state
        end = 5 + int.from_bytes(state[1:5], "big")
        header = json.loads(state[5:end])
        place = "|".join(str(header[it]) for it in ("event_id", "episode_id", "version", "type", "key_id"))
        cipher = keys[UUID(header["key_id"])].cipher
        assert cipher is not None
        json.loads(cipher.decrypt(state[end : end + 12], state[end + 12 :], place.encode()))


def _replayed(tail: Tail) -> float:
    """Events per second for the whole log, keeping the state of every episode."""
    began, position, done = time.perf_counter(), 0, 0
    states: dict[UUID, CachedEpisode | None] = {}
    keys: dict[UUID, DataKey] = {}
    while page := tail.page(position, PAGE):
        newer: dict[UUID, list[StoredEvent]] = defaultdict(list)
        for event in page:
            assert isinstance(event.originator_id, UUID)
            newer[event.originator_id].append(event)
        unknown = [metadata_of(some[0]) for one, some in newer.items() if one not in states]
        if unknown:
            keys |= tail.keys({(header.network, header.client) for header in unknown})
        for one, some in newer.items():
            states[one] = folded(states.get(one), some, keys)
        position, done = page[-1].id, done + len(page)
    return done / (time.perf_counter() - began)
