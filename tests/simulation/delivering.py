"""The processes that deliver: the real courier over outbox, decisions and endpoints of this world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from notifications.delivering.courier import Claimed, Clock, Courier
from notifications.delivering.schedule import DELAYS
from tests.simulation.callers import BEGAN
from tests.simulation.log import NETWORK
from tests.simulation.outbox import Outbox
from tests.simulation.partners import Disclosure, Endpoints
from tests.simulation.reactions import Lost
from tests.simulation.relaying import URL
from tests.simulation.scheduling import IDLE, Process, Scheduler, Work, pause


@dataclass(eq=False)
class Delivering:
    scheduler: Scheduler
    outbox: Outbox
    disclosure: Disclosure
    endpoints: Endpoints
    courier: Callable[..., Courier] = Courier
    delays: Sequence[timedelta] = field(default=DELAYS)

    def process(self, name: str) -> Process:
        return Process(name, self.main)

    async def main(self, process: Process) -> None:
        """As `Dispatch.run`: each attempt by itself."""
        courier = self._courier()
        wait = 2.0
        while True:
            try:
                claimed = await courier.outbox.claim([NETWORK], 10)
            except Lost:
                claimed = ()
            if claimed:
                asking = partial(self._ask, process, courier, claimed)
                self.scheduler.spawn(process, partial(_survive, asking))
            wait = 2.0 if claimed or self.scheduler.faults else min(wait * 1.5, IDLE)
            await pause(wait)

    def _courier(self) -> Courier:
        scheduler = self.scheduler
        clock = Clock(
            lambda: BEGAN + timedelta(seconds=scheduler.now), lambda: scheduler.now, scheduler.random.random
        )
        return self.courier(self.outbox, self.disclosure, self.endpoints, clock, URL, self.delays)

    async def _ask(self, process: Process, courier: Courier, group: Sequence[Claimed]) -> None:
        decisions = await courier.decisions(NETWORK, group)
        decided_at = courier.clock.monotonic()
        for claimed, decision in zip(group, decisions, strict=bool(decisions)):
            attempting = partial(courier.attempt, claimed, decision, decided_at)
            self.scheduler.spawn(process, partial(_survive, attempting))


async def _survive(begin: Callable[[], Work]) -> None:
    """What could not be written down is left to its lease."""
    try:
        await begin()
    except Lost:
        return
