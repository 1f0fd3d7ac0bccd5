"""What piled up while a role was away is worked off in seconds, and ten times as much in no more memory."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import FULL
from tests.faults.flooding import flood_of
from tests.support.databases import episodes_database
from tests.support.episodes.log_writer import care
from tests.support.episodes.relays import Place, placed
from tests.support.episodes.role_process import Watched
from tests.support.memory import Memory
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

BACKLOG = 100_000 if FULL else 10_000
EPISODES = 100
PUBLISHED_PER_SECOND = 1_000
TAKEN_IN_PER_SECOND = 250
"""At least so many: a fraction of what a machine does that has nothing else to do."""


@pytest.fixture
def place(postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path) -> Iterator[Place]:
    with placed(episodes_database(postgres), kafka, tmp_path) as place:
        place.make_topic()
        yield place


@pytest.mark.timeout(120 + BACKLOG / 100)
def test_a_backlog_is_published_in_seconds_and_in_flat_memory(
    place: Place, proven: Callable[[str], None]
) -> None:
    recorded = place.log.record(care(place.log, EPISODES, BACKLOG // EPISODES - 2, place.network))
    relay, memory = place.relay(), Memory()
    relay.awaited("leading")

    def drained() -> bool:
        memory.look_at([relay.process.pid])
        return place.drained()

    took = _seconds_until(drained, BACKLOG / PUBLISHED_PER_SECOND, relay)
    place.assert_published(recorded)
    proven(f"backlog of {BACKLOG} events published in {took:.1f} s, {memory}")
    if FULL:
        memory.assert_flat()


@pytest.mark.timeout(120 + BACKLOG / 50)
def test_a_backlog_is_taken_in_in_seconds_and_in_flat_memory(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path, proven: Callable[[str], None]
) -> None:
    flood, memory = flood_of(postgres, kafka, tmp_path, BACKLOG), Memory()
    flood.pour()
    consumer = flood.consumer()

    def taken_in() -> bool:
        assert consumer.running
        memory.look_at([consumer.pid])
        return flood.taken_in() == BACKLOG

    try:
        took = _seconds_until(taken_in, BACKLOG / TAKEN_IN_PER_SECOND)
    finally:
        consumer.kill()
    flood.assert_each_had_its_effect_once()
    proven(f"backlog of {BACKLOG} events taken in in {took:.1f} s, {memory}")
    if FULL:
        memory.assert_flat()


def _seconds_until(done: Callable[[], bool], at_most: float, process: Watched | None = None) -> float:
    began = time.monotonic()
    eventually(done, "the backlog is worked off", at_most, process)
    return time.monotonic() - began
