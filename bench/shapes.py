"""Alternatives to the relay, in several processes: what a second core would gain, and at what cost.

`mapped`: a second process reads, decrypts and maps pages; the first only sends them and moves on.
`halves`: two processes, each a whole relay for half of the episodes, so that order within episodes holds.
They lack what only a service needs: leadership, and handling the end of the other process.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import Notification

from bench.relaying import PUBLIC_URL, RelayUnderTest
from care_platform.runtime import tune
from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.event_log.keyring import keyring
from episodes.event_log.positions import claim, move
from episodes.event_log.tail import Tail
from episodes.publishing.in_flight import InFlight, Sent
from episodes.publishing.kafka import producer
from episodes.publishing.relay import MAX_IN_FLIGHT, PAGE, records
from tests.support.episodes.held_rows import nothing_held

PARTS = 2
SPAWN = multiprocessing.get_context("spawn")
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """What a process needs to publish one network's log from its beginning.

    `last` is the newest position in the log, `events` how many events are to be published.
    """

    url: str
    keys: Path
    bootstrap: str
    network: str
    last: int
    events: int

    def tail(self, part: int | None = None) -> Tail:
        unwrap = keyring(self.keys, uuid4, may_create=False).unwrap
        return _PartOfTail(part, self.url, unwrap, [self.network])


def seconds_mapped(place: Place) -> float:
    """The seconds until all are acknowledged, with the mapping in a second process."""
    with (
        _working(_map, place) as mapping,
        closing(place.tail()) as tail,
        producer(Brokers(place.bootstrap)) as sender,
    ):
        sender.partitions_for(topic_of(place.network))
        held = claim(tail.connection, f"bench-{uuid4()}")
        began, done, reached = time.perf_counter(), 0, 0
        mapping.send("go")
        in_flight = InFlight(time.monotonic)
        while reached < place.last:
            assert in_flight or mapping.poll(PATIENCE), "the mapping process is stuck"
            if in_flight.pending + PAGE <= MAX_IN_FLIGHT and mapping.poll():
                position, page = mapping.recv()
                futures = [sender.send(topic, value, key, headers) for topic, key, value, headers in page]
                in_flight.add(Sent(position, datetime.now(UTC), futures))
                wait = 0.0
            else:
                wait = 0.02
            for sent in in_flight.acknowledged(wait):
                assert move(tail.connection, held, sent.position)
                done, reached = done + len(sent.futures), sent.position
        assert done == place.events
        return time.perf_counter() - began


def seconds_in_halves(place: Place) -> float:
    """The seconds until all are acknowledged, with two relays side by side."""
    with _working(_relay, place, 0) as one, _working(_relay, place, 1) as other:
        began = time.perf_counter()
        for part in (one, other):
            part.send("go")
        done = 0
        for part in (one, other):
            assert part.poll(PATIENCE), "a relay is stuck"
            done += part.recv()
        assert done == place.events
        return time.perf_counter() - began


@contextmanager
def _working(work: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    """A process that is ready to begin. It ends when this one does."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=work, args=(there, *arguments), daemon=True)
    process.start()
    there.close()  # otherwise its end would not be noticed here
    try:
        assert here.recv() == "ready"
        yield here
    finally:
        process.terminate()
        process.join(10)


def _map(pipe: Connection, place: Place) -> None:
    """Map pages to records. The buffer of the pipe limits how far ahead."""
    with closing(place.tail()) as tail:
        tune()
        pipe.send("ready")
        pipe.recv()
        position, held = 0, nothing_held(place.network)
        while page := tail.page(position, PAGE):
            position = page[-1].id
            pipe.send((position, list(records(page, tail, PUBLIC_URL, held))))
        pipe.recv()


def _relay(pipe: Connection, place: Place, part: int) -> None:
    with closing(place.tail(part)) as tail, producer(Brokers(place.bootstrap)) as sender:
        last = max(event.id for event in tail.page(0, place.last))
        sender.partitions_for(topic_of(place.network))
        relay = RelayUnderTest(tail, sender)
        tune()
        pipe.send("ready")
        pipe.recv()
        relay.run_until(lambda progress: progress.position >= last)
        pipe.send(relay.progress.done)


class _PartOfTail(Tail):
    """The log as one of several relays reads it: only the events of its own episodes."""

    def __init__(self, part: int | None, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._part = part

    def page(self, after: int, most: int) -> Sequence[Notification]:
        """The next page, which is not empty as long as events are left."""
        while page := super().page(after, most):
            ours = [event for event in page if self._part in (None, _part_of(event))]
            if ours:
                return ours
            after = page[-1].id
        return []


def _part_of(event: Notification) -> int:
    return UUID(str(event.originator_id)).int % PARTS
