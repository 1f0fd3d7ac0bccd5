"""Two relays, of which one leads: the real relay over the log and the broker of this world."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from episodes.processes.follower import Ending
from episodes.processes.leadership import SILENCE
from episodes.processes.progress import Progress
from episodes.publishing.in_flight import InFlight
from episodes.publishing.relay import Relay
from tests.simulation.broker import Broker, Producer
from tests.simulation.log import NETWORK, Log, Tail
from tests.simulation.scheduling import IDLE, Process, Scheduler, pause
from tests.support.episodes.held_rows import nothing_held

URL = "https://episodes.example"


@dataclass(eq=False)
class Office:
    """The lock: gone from whoever ended, or was silent for too long without knowing."""

    scheduler: Scheduler
    holder: Process | None = None

    def tried(self, process: Process) -> bool:
        holder, now = self.holder, self.scheduler.now
        if holder is not None and not holder.stopped_at + SILENCE < now < holder.stopped_until:
            return False
        self.holder = process
        return True


@dataclass(eq=False)
class Relaying:
    """One of the processes."""

    scheduler: Scheduler
    log: Log
    broker: Broker
    office: Office
    relay: Callable[..., Relay] = Relay
    producer: Producer | None = None
    me: Process | None = None
    _clock: Any = field(default=lambda: datetime(2026, 3, 2, tzinfo=UTC))

    def process(self, name: str) -> Process:
        self.me = Process(name, self.main, (Ending,), self.leave)
        self.log.followers.append(self.me)
        return self.me

    async def main(self, process: Process) -> None:
        await pause(self.scheduler.random.random())
        while not self.office.tried(process):
            await pause(2.0 if self.scheduler.faults else IDLE)
        await pause()
        claim = self.log.claim()
        self.scheduler.note(process.name, "leads, epoch", claim.epoch, "from", claim.position)
        await pause()
        self.producer = self.broker.producer()
        relay = self.relay(
            tail=Tail(self.log),
            sender=self.producer,
            claim=claim,
            held=nothing_held(NETWORK),
            public_url=URL,
            progress=Progress(self._clock, "relay", "sent"),
            log=None,
            page=self.scheduler.random.randint(1, 4),
        )
        relay._in_flight = InFlight(lambda: self.scheduler.now)
        await self._run(relay)

    async def _run(self, relay: Relay) -> None:
        """`Relay.run`, a step at a time."""
        while True:
            sent = relay._send_page()
            await pause()
            relay._advance(wait=0.0)
            await pause(0.0 if sent else 0.3 if relay._in_flight else IDLE)

    def leave(self) -> None:
        if self.producer is not None:
            self.producer.close()
        if self.office.holder is self.me:
            self.office.holder = None
