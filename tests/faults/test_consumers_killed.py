"""In the shape of Kafka's own exactly-once test: consumers killed again and again while events arrive."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults import FULL
from tests.faults.flooding import Flood, flood_of
from tests.support.memory import Memory
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

EVENTS = 100_000 if FULL else 5_000
CONSUMERS = 3
KILLS_OF_EACH = 3
WITHIN = EVENTS / 50
"""Seconds: a small part of the rate that is usual, for a machine that does other work too."""


class Consumers:
    """Three `consume` processes, each started again at once when it is killed."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._roles = [self._flood.consumer() for _ in range(CONSUMERS)]
        self.memory = Memory()

    def __enter__(self) -> "Consumers":
        return self

    def __exit__(self, *_: object) -> None:
        for role in self._roles:
            role.kill()

    def kill(self, number: int) -> None:
        self._roles[number].kill()
        self._roles[number] = self._flood.consumer()

    def reach(self, count: int) -> None:
        """Return when so many events are taken in; fails when a consumer ended by itself."""

        def reached() -> bool:
            assert all(role.running for role in self._roles)
            self.memory.look_at(role.pid for role in self._roles)
            return self._flood.taken_in() >= count

        eventually(reached, within=WITHIN)


@pytest.mark.timeout(2 * WITHIN + 120)
def test_three_consumers_killed_again_and_again_lose_nothing_and_double_nothing(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path, proven: Callable[[str], None]
) -> None:
    flood = flood_of(postgres, kafka, tmp_path, EVENTS)
    victims = random.sample([*range(CONSUMERS)] * KILLS_OF_EACH, CONSUMERS * KILLS_OF_EACH)
    began = time.monotonic()
    with ThreadPoolExecutor(1) as producing, Consumers(flood) as consumers:
        poured = producing.submit(flood.pour)
        for number, victim in enumerate(victims, start=1):
            consumers.reach(EVENTS * number // (len(victims) + 1))
            time.sleep(random.uniform(0, 0.5))  # anywhere in the life of a batch
            consumers.kill(victim)
        poured.result()
        consumers.reach(EVENTS)
    took = time.monotonic() - began
    flood.assert_each_had_its_effect_once()
    if FULL:
        consumers.memory.assert_flat()
    proven(
        f"{CONSUMERS} consumers, {len(victims)} kills, {EVENTS} events in {took:.0f} s: 0 lost, 0 doubled,"
        f" memory {consumers.memory}"
    )
