"""Writes asked for at once are one transaction; those that come while it runs make the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
import structlog

RETRY_SECONDS = 1.0
Row = TypeVar("Row")
log = structlog.get_logger()


class Grouped(Generic[Row]):
    """`write` takes rows in the order they came; a row written again must change nothing.

    While the database is away, or has ended a deadlock at our cost, rows wait: what they tell has happened.
    """

    def __init__(self, write: Callable[[Sequence[Row]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, row: Row) -> None:
        """Return when it is committed. Raises what the database says of a group it will never take."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await written

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            fault = await self._write_group([row for row, _ in group])
            for _, written in group:
                if written.done():  # its caller was cancelled
                    continue
                if fault is None:
                    written.set_result(None)
                else:
                    written.set_exception(fault)
        self._writing = None

    async def _write_group(self, rows: Sequence[Row]) -> Exception | None:
        while True:
            try:
                await self._write(rows)
                return None
            except psycopg.OperationalError as fault:
                log.warning("what happened is not written yet", error=type(fault).__name__, count=len(rows))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as fault:
                return fault
