"""Grouped writes: one transaction at a time, in order, and nothing forgotten while the database is away."""

import asyncio
from collections.abc import Callable, Sequence

import psycopg
import pytest

from notifications.delivering import grouped_writes
from notifications.delivering.grouped_writes import Grouped

SOON = 5.0


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped_writes, "RETRY_SECONDS", 0.01)


class Table:
    """What was written, group by group; `faults` come first, one for each try."""

    def __init__(self, *faults: Exception) -> None:
        self.groups: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.refused = asyncio.Event()
        self._faults = list(faults)

    async def write(self, rows: Sequence[int]) -> None:
        await self.open.wait()
        if self._faults:
            self.refused.set()
            raise self._faults.pop(0)
        self.groups.append(list(rows))


async def settled(*waiting: asyncio.Task[None]) -> list[object]:
    return list(await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SOON))


def begun(grouped: Grouped[int], *rows: int) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(grouped.add(row)) for row in rows]


async def test_what_comes_while_a_group_is_written_makes_the_next() -> None:
    table = Table()
    grouped = Grouped(table.write)
    table.open.clear()
    first = begun(grouped, 1)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = begun(grouped, 2, 3, 4)
    await asyncio.sleep(0)
    assert not any(it.done() for it in first + rest)
    table.open.set()
    await settled(*first, *rest)
    await settled(*begun(grouped, 5))
    assert table.groups == [[1], [2, 3, 4], [5]]


@pytest.mark.parametrize("fault", [psycopg.OperationalError, psycopg.errors.DeadlockDetected])
async def test_while_the_database_is_away_rows_wait(fault: Callable[[], Exception]) -> None:
    table = Table(fault(), fault())
    assert await settled(*begun(Grouped(table.write), 1, 2)) == [None, None]
    assert table.groups == [[1, 2]]


async def test_a_row_the_database_will_never_take_takes_no_other_with_it() -> None:
    table = Table(psycopg.DataError("no"), psycopg.DataError("no"))
    grouped = Grouped(table.write)
    first, *others = await settled(*begun(grouped, 1, 2, 3))
    assert (type(first), others) == (psycopg.DataError, [None, None])
    await settled(*begun(grouped, 4))
    assert table.groups == [[2], [3], [4]]


async def test_rows_that_wait_for_the_database_are_seen_from_outside() -> None:
    table = Table(psycopg.OperationalError())
    grouped = Grouped(table.write)
    waiting = begun(grouped, 1)
    async with asyncio.timeout(SOON):
        await table.refused.wait()
    table.open.clear()  # the next try is under way for as long as we look
    await asyncio.sleep(0.05)
    assert grouped.stuck
    table.open.set()
    await settled(*waiting)
    assert not grouped.stuck


async def test_a_caller_that_gives_up_takes_no_other_with_it() -> None:
    table = Table()
    grouped = Grouped(table.write)
    table.open.clear()
    impatient, patient = begun(grouped, 1, 2)
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    table.open.set()
    assert await settled(patient) == [None]
    assert table.groups == [[1, 2]]
