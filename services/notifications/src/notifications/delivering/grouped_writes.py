"""Writes asked for at once are one transaction; those that come while it runs make the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
import structlog

RETRY_SECONDS = 1.0
Row = TypeVar("Row")
_AWAY = (
    psycopg.OperationalError,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby, before it is promoted
    psycopg.errors.IdleInTransactionSessionTimeout,
)
log = structlog.get_logger()


class Grouped(Generic[Row]):
    """`write` takes rows in the order they came; a row written again must change nothing.

    While the database is away, or has ended a deadlock at our cost, rows wait: what they tell has happened.
    """

    def __init__(self, write: Callable[[Sequence[Row]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._stuck = False

    async def add(self, row: Row) -> None:
        """Return when it is committed. Raises what the database says of a row it will never take."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await written

    @property
    def stuck(self) -> bool:
        """Whether rows wait for the database to come back."""
        return self._stuck

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            faults = await self._write_group([row for row, _ in group])
            for (_, written), fault in zip(group, faults, strict=True):
                if written.done():  # its caller was cancelled
                    continue
                if fault is None:
                    written.set_result(None)
                else:
                    written.set_exception(fault)
        self._writing = None

    async def _write_group(self, rows: Sequence[Row]) -> Sequence[Exception | None]:
        """What became of each. One that the database will never take is found by writing them singly."""
        while True:
            try:
                await self._write(rows)
            except _AWAY as fault:
                self._stuck = True
                log.warning("what happened is not written yet", error=type(fault).__name__, count=len(rows))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as fault:
                self._stuck = False
                if len(rows) == 1:
                    return [fault]
                return [found for row in rows for found in await self._write_group([row])]
            else:
                self._stuck = False
                return [None] * len(rows)
