"""The `deliver` role: claims due deliveries, asks for decisions, and runs each attempt as its own task."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from itertools import groupby

import psycopg
import structlog

from care_platform.crash_points import crash_point
from notifications.delivering.courier import Claimed, Courier
from notifications.postgres.connections import WAKE, Connect, GrantsMissing

IN_FLIGHT = 512
POLL_SECONDS = 1.0
LISTEN_SECONDS = 5.0
"""After so long without a notice the connection that brings them is asked whether it lives."""
DRAIN_SECONDS = 2.5
log = structlog.get_logger()


class Dispatch:
    """No attempt waits for another, so an endpoint that hangs delays only its own deliveries.

    One request for decisions is under way per network. Deliveries that fall due meanwhile share the next one.
    """

    def __init__(self, courier: Courier, networks: Sequence[str], connect: Connect) -> None:
        self._courier = courier
        self._connect = connect
        self._ask_again = dict.fromkeys(networks, 0.0)
        self._asking: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Run until told to stop. Attempts under way get up to `DRAIN_SECONDS` to end."""
        listening = asyncio.create_task(self._listen())
        try:
            while not stop.is_set():
                if not await self._claim():
                    await self._sleep(stop)
        finally:
            listening.cancel()
            await self._drain()

    async def _claim(self) -> int:
        """Claim due deliveries and start asking for their decisions. Returns how many were claimed."""
        room = IN_FLIGHT - self._in_flight
        networks = self._networks_to_ask()
        if room <= 0 or not networks:
            return 0
        try:
            claimed = await self._courier.outbox.claim(networks, room)
        except psycopg.Error as fault:
            log.warning("nothing can be claimed", error=type(fault).__name__)
            return 0
        self._in_flight += len(claimed)
        for network, group in _by_network(claimed):
            self._asking.add(network)
            self._spawn(self._ask(network, group))
        return len(claimed)

    def _networks_to_ask(self) -> list[str]:
        now = self._courier.clock.monotonic()
        return [one for one, moment in self._ask_again.items() if moment <= now and one not in self._asking]

    async def _ask(self, network: str, group: Sequence[Claimed]) -> None:
        """Ask for decisions and start the attempts. Without an answer the network is left for a second."""
        started = 0
        try:
            decisions = await self._courier.decisions(network, group)
            crash_point("deliver.after-decision")
            decided_at = self._courier.clock.monotonic()
            for claimed, decision in zip(group, decisions, strict=bool(decisions)):
                self._spawn(self._one(self._courier.attempt(claimed, decision, decided_at)))
                started += 1
            if not decisions:
                self._ask_again[network] = decided_at + POLL_SECONDS
        finally:
            self._asking.discard(network)
            self._done(len(group) - started)

    async def _one(self, attempt: Coroutine[object, object, None]) -> None:
        try:
            await attempt
        finally:
            self._done(1)

    def _done(self, count: int) -> None:
        self._in_flight -= count
        self._wake.set()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
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
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
        for task in self._tasks:
            task.cancel()


async def _survive(work: Coroutine[object, object, None]) -> None:
    """An attempt whose outcome could not be recorded is repeated after its lease, with the same id."""
    try:
        await work
    except Exception as fault:
        log.error("an attempt is left to its lease", error=type(fault).__name__)


def _by_network(claimed: Sequence[Claimed]) -> Iterator[tuple[str, Sequence[Claimed]]]:
    for network, group in groupby(sorted(claimed, key=_network), key=_network):
        yield network, list(group)


def _network(claimed: Claimed) -> str:
    return claimed.due.network
