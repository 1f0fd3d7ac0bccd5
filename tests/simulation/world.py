"""Both services in one world: what one seed makes of it, from the first step until nothing waits."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from care_platform.numbered_keys import KeyInUse
from episodes.event_log.codec import DataKey
from episodes.publishing.relay import Relay
from episodes.recording.batch import Randomness
from episodes.recording.writer import Writer
from notifications.delivering.courier import Courier
from tests.simulation.broker import Broker
from tests.simulation.callers import Api, Clinic
from tests.simulation.consuming import Consuming
from tests.simulation.delivering import Delivering
from tests.simulation.healing import Healing, behind
from tests.simulation.log import Log
from tests.simulation.outbox import Outbox
from tests.simulation.partners import Disclosure, Endpoints
from tests.simulation.reactions import Database, Ledger
from tests.simulation.relaying import Office, Relaying
from tests.simulation.scheduling import Process, Scheduler, Stuck, pause
from tests.simulation.tablets import Tablets

MAX_STEPS = 20_000
WITH_TABLETS = 2
"""Of so many worlds one has tablets that send late: they take the most steps."""
CACHES = (1_000_000, 0, 16_000)
"""The bytes that the cache of an API process may take, in turn: for everything, nothing, one episode."""
MAX_FAULTS = 1_500.0
"""Seconds of virtual time after which the faults are over, whatever is under way."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the processes are made of; a planted bug is one part in another form."""

    log: type[Log] = Log
    writer: type[Writer] = Writer
    relay: type[Relay] = Relay
    ledger: type[Ledger] = Ledger
    consuming: type[Consuming] = Consuming
    healing: type[Healing] = Healing
    outbox: type[Outbox] = Outbox
    courier: type[Courier] = Courier
    disclosure: type[Disclosure] = Disclosure
    said: dict[str, Any] = field(default_factory=dict)


class World:
    """One run. `quiet` comes when everybody was answered, or after a while."""

    def __init__(self, seed: int, parts: Parts, tracing: bool = False) -> None:
        random = Random(seed)
        self.scheduler = scheduler = Scheduler(random, random.choice((0.0, 0.003, 0.006, 0.012)), tracing)
        self.keys: dict[UUID, DataKey] = {}
        self.log = parts.log(scheduler, self.keys)
        draws = Randomness(self.new_id, self.new_id, lambda: random.randbytes(12), self._data_key)
        self.apis = [
            Api(scheduler, self.log, draws, parts.writer, CACHES[(seed + place) % len(CACHES)])
            for place in range(random.randint(1, 2))
        ]
        self.clinic = Clinic(scheduler, self.apis, self.new_id)
        self.broker = Broker(scheduler)
        self.database = Database(scheduler)
        self.outbox = parts.outbox(scheduler, self.database, self.new_id)
        self.endpoints = Endpoints(scheduler)
        self.disclosure = parts.disclosure(scheduler, self.log, self.apis, self.new_id)
        office = Office(scheduler)
        for place, api in enumerate(self.apis):
            scheduler.start(api.process(f"api-{place}"))
        for place in range(2):
            relaying = Relaying(scheduler, self.log, self.broker, office, parts.relay)
            scheduler.start(relaying.process(f"relay-{place}"))
        for place in range(random.randint(1, 2)):
            consuming = parts.consuming(scheduler, self.broker, self.database, parts.ledger)
            scheduler.start(consuming.process(f"consume-{place}"))
            healing = parts.healing(scheduler, self.broker, self.database, parts.ledger)
            scheduler.start(Process(f"heal-{place}", healing.main))
            delivering = Delivering(
                scheduler, self.outbox, self.disclosure, self.endpoints, parts.courier, **parts.said
            )
            scheduler.start(delivering.process(f"deliver-{place}"))
        scheduler.start(self.broker.process())
        scheduler.start(Process("clocks", self._clocks))
        for _ in range(random.randint(1, 2)):
            self.clinic.begin()
        self.tablets = Tablets(scheduler, self.clinic)
        if seed % WITH_TABLETS == 0:
            self.tablets.begin()

    def new_id(self) -> UUID:
        return UUID(int=self.scheduler.random.getrandbits(128))

    def _data_key(self, network: str, client: UUID, master: KeyInUse) -> tuple[DataKey, bytes]:
        key = DataKey(self.new_id(), AESGCM(self.scheduler.random.randbytes(32)))
        self.keys[key.id] = key
        return key, b"wrapped"

    async def _clocks(self, _: Process) -> None:
        """The wall clock of an API process jumps, forwards or backwards."""
        while True:
            await pause(100_000.0 if not self.scheduler.faults else 20.0)
            if self.scheduler.fails(4):
                api = self.scheduler.random.choice(self.apis)
                api.ahead += self.scheduler.random.choice((-3600.0, -60.0, 60.0, 3600.0))
                self.scheduler.note("the clock of an api is now", api.ahead, "ahead")

    def run(self) -> None:
        scheduler = self.scheduler
        quiet = False
        while not (quiet and self._is_settled()):
            if not quiet and (self._is_answered() or scheduler.now > MAX_FAULTS):
                quiet = self._calm()
            if quiet:
                self.outbox.enable()
            if scheduler.steps > MAX_STEPS:
                raise Stuck(self._waiting())
            for _ in range(20):
                scheduler.step()

    def _calm(self) -> bool:
        self.scheduler.note("from here on nothing fails")
        self.scheduler.faults = 0.0
        return True

    def _is_answered(self) -> bool:
        return self.clinic.busy == 0 and self.scheduler.steps > 0 and bool(self.clinic.answered)

    def _is_settled(self) -> bool:
        return not self._waiting()

    def _waiting(self) -> str:
        """What still waits, or nothing."""
        if self.clinic.busy:
            return "a caller has no answer"
        if self.log.notifications and self.log.followed[1] < self.log.notifications[-1].id:
            return "an event is not relayed"
        tables = self.database.tables
        if any(tables.positions.get(n, 0) < len(it) for n, it in enumerate(self.broker.topic)):
            return "a record is not taken in"
        if tables.gaps or behind(self.broker, tables):
            return "an event is missing"
        if any(it.state == "pending" for it in tables.deliveries.values()):
            return "a delivery is pending"
        return ""


def run(seed: int, parts: Parts | None = None, tracing: bool = False) -> World:
    """The world after this seed. Raises `Stuck` when something would wait for ever."""
    world = World(seed, parts or Parts(), tracing)
    with _silence():
        world.run()
    return world


@contextmanager
def _silence() -> Iterator[None]:
    """The services' own logs say nothing of thousands of worlds."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
