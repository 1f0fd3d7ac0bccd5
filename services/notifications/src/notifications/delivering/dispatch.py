"""The `deliver` role: claims due deliveries, has decisions asked for, and runs each attempt as a task."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import psycopg
import structlog

from contracts.disclosure import Decision
from notifications.delivering.asking import Asking, Work
from notifications.delivering.courier import Claimed, Courier
from notifications.postgres.connections import WAKE, Connect, GrantsMissing

IN_FLIGHT = 1024
POLL_SECONDS = 1.0
LISTEN_SECONDS = 5.0
"""After so long without a notice the connection that brings them is asked whether it lives."""
DRAIN_SECONDS = 2.5
log = structlog.get_logger()


class Dispatch:
    """No attempt waits for another, so an endpoint that hangs delays only its own deliveries.

    The next are claimed while others are under way, and, if `ahead`, while others are asked about.
    """

    def __init__(
        self, courier: Courier, networks: Sequence[str], connect: Connect, ahead: bool = True
    ) -> None:
        self._courier = courier
        self._connect = connect
        self._asking = Asking(courier, networks, ahead, self._spawn, self._begin, self._done)
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Run until told to stop. What is asked about or under way gets up to `DRAIN_SECONDS` to end."""
        listening = asyncio.create_task(self._listen())
        try:
            while not stop.is_set():
                if not await self._claim():
                    await self._sleep(stop)
        finally:
            listening.cancel()
            self._asking.give_back()
            await self._drain()

    async def _claim(self) -> int:
        """Claim due deliveries and have their decisions asked for. Returns how many were claimed."""
        room = IN_FLIGHT - self._in_flight
        networks = self._asking.with_room()
        if room <= 0 or not networks:
            return 0
        try:
            claimed = await self._courier.outbox.claim(networks, room)
        except psycopg.Error as fault:
            log.warning("nothing can be claimed", error=type(fault).__name__)
            return 0
        self._in_flight += len(claimed)
        self._asking.add(claimed)
        return len(claimed)

    def _begin(self, claimed: Claimed, decision: Decision, decided_at: float) -> None:
        self._spawn(self._attempt(claimed, decision, decided_at))

    async def _attempt(self, claimed: Claimed, decision: Decision, decided_at: float) -> None:
        try:
            await self._courier.attempt(claimed, decision, decided_at)
        finally:
            self._done(1)

    def _done(self, count: int) -> None:
        self._in_flight -= count
        self._wake.set()

    def _spawn(self, work: Work) -> None:
        task = asyncio.create_task(_survive(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sleep(self, stop: asyncio.Event) -> None:
        """Wait until something is owed, an attempt ends, or a second passes: retries give no signal."""
        waits = [asyncio.create_task(self._wake.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self._wake.clear()

    async def _listen(self) -> None:
        while True:
            try:
                async with await self._connect() as db:
                    await db.set_autocommit(True)
                    await db.execute(f"LISTEN {WAKE}")
                    while True:
                        async for _ in db.notifies(timeout=LISTEN_SECONDS):
                            self._wake.set()
                        await db.execute("SELECT 1")  # one that is lost brings no notices, silently
            except psycopg.Error as fault:
                reason = str(fault) if isinstance(fault, GrantsMissing) else None
                log.warning("nobody listens", error=type(fault).__name__, reason=reason)
            await asyncio.sleep(POLL_SECONDS)

    async def _drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        for task in self._tasks:
            task.cancel()


async def _survive(work: Work) -> None:
    """An attempt whose outcome could not be recorded is repeated after its lease, with the same id."""
    try:
        await work
    except Exception as fault:
        log.error("an attempt is left to its lease", error=type(fault).__name__)
