"""Group commit: rows that arrive together are one transaction, rows that arrive meanwhile the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from care_platform.postgres.faults import UNUSABLE

RETRY_SECONDS = 1.0
Row = TypeVar("Row")
log = structlog.get_logger()


class Grouped(Generic[Row]):
    """`write` is given rows in the order of arrival, and must be idempotent for each row.

    Rows record what has already happened, so they wait while the database is unavailable or after a deadlock.
    """

    def __init__(self, write: Callable[[Sequence[Row]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._stuck = False

    async def add(self, row: Row) -> None:
        """Returns once the row is committed. Raises the error of a row that can never be written."""
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
                if written.done():  # the caller was cancelled
                    continue
                if fault is None:
                    written.set_result(None)
                else:
                    written.set_exception(fault)
        self._writing = None

    async def _write_group(self, rows: Sequence[Row]) -> Sequence[Exception | None]:
        """The error of each row, or None. After an error rows are written one by one, to find the bad one."""
        while True:
            try:
                await self._write(rows)
            except UNUSABLE as fault:
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
