"""The gate: few are let in at a time, by turns, and nobody's leaving closes it."""

import asyncio
from collections import Counter
from collections.abc import Hashable, Sequence

import pytest

from episodes.errors import TooManyRequests, TooManyWaiting
from episodes.gate import Gate
from episodes.turns import ASKING, Limits

PATIENCE = 30.0


class Visit:
    """Visitors of one gate, who stay until they are told to go. `came` has them in the order they came in."""

    def __init__(self, places: int, limits: Limits, patience: float = PATIENCE) -> None:
        self.gate = Gate(places, limits, patience)
        self.came: list[tuple[str, Hashable]] = []
        self.inside: set[int] = set()
        self.go = asyncio.Event()

    def come(self, network: str, who: Hashable = 0, stay: bool = False) -> "asyncio.Task[None]":
        async def visit() -> None:
            ASKING.set((network, who))
            async with self.gate.turn():
                self.came.append((network, who))
                await (self.go.wait() if stay else asyncio.sleep(0))

        return asyncio.create_task(visit())


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def outcomes(tasks: Sequence["asyncio.Task[None]"]) -> Counter[type]:
    return Counter(type(one) for one in await asyncio.gather(*tasks, return_exceptions=True))


async def test_another_callers_reads_wait_for_one_of_the_flood_each() -> None:
    visit = Visit(1, Limits(1_000, 2_000))
    flood = [visit.come("other", stay=True)]
    await settle()
    flood += [visit.come("other") for _ in range(400)]
    await settle()
    few = [visit.come("demo") for _ in range(5)]
    await settle()
    assert visit.came == [("other", 0)]
    visit.go.set()
    await asyncio.gather(*flood, *few)
    assert [place for place, (network, _) in enumerate(visit.came) if network == "demo"] == [2, 4, 6, 8, 10]


async def test_no_more_are_let_in_than_there_are_places() -> None:
    visit = Visit(3, Limits())
    tasks = [visit.come("demo", who, stay=True) for who in range(8)]
    await settle()
    assert (len(visit.came), visit.gate.waiting) == (3, 5)
    visit.go.set()
    await asyncio.gather(*tasks)
    assert (len(visit.came), visit.gate.waiting) == (8, 0)


async def test_a_full_line_refuses_its_own_caller_and_no_other() -> None:
    visit = Visit(1, Limits(of_caller=2))
    tasks = [visit.come("other", stay=True)]
    await settle()
    tasks += [visit.come("other") for _ in range(5)]
    others = [visit.come("other", 1), visit.come("demo")]
    await settle()
    visit.go.set()
    assert await outcomes(tasks) == {type(None): 3, TooManyRequests: 3}
    assert await outcomes(others) == {type(None): 2}


async def test_who_waits_too_long_is_told_and_leaves_no_trace() -> None:
    visit = Visit(1, Limits(of_caller=2), patience=0.01)
    first = visit.come("demo", stay=True)
    await settle()
    for _ in range(3):
        assert await outcomes([visit.come("demo"), visit.come("demo")]) == {TooManyWaiting: 2}
    visit.go.set()
    await first
    assert await outcomes([visit.come("demo")]) == {type(None): 1}


@pytest.mark.parametrize("steps", range(6))
async def test_whoever_is_cancelled_at_whatever_moment_takes_no_place_with_it(steps: int) -> None:
    visit = Visit(1, Limits())
    first = visit.come("demo", stay=True)
    await settle()
    left, stays = visit.come("demo", "left"), visit.come("demo", "stays")
    await settle()
    visit.go.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    left.cancel()
    await asyncio.wait_for(asyncio.gather(first, stays), 5)
    await asyncio.gather(left, return_exceptions=True)
    await asyncio.wait_for(visit.come("demo"), 5)
    assert visit.gate.waiting == 0
