"""Pages that are read together: once for all who ask in time, and never older than the question."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from episodes.errors import StoreUnavailable, TooManyRequests
from episodes.event_log.reader import Ground, Log, Row
from episodes.publishing.shared_pages import FeedRow, SharedPages
from episodes.turns import ASKING


class Slow:
    """A log of `length` rows of no network. Each read waits for a connection and then for its answer.

    It refuses whoever is in `full`. `reads` has what was read: network, position, most.
    """

    def __init__(self) -> None:
        self.length = 0
        self.reads: list[tuple[str, int, int]] = []
        self.full: set[object] = set()
        self.lent, self.answered = asyncio.Event(), asyncio.Event()

    async def page(
        self, network: str, after: int, most: Callable[[], int], wanted: Callable[[str], bool]
    ) -> tuple[Ground, list[Row]]:
        await self.lent.wait()
        if ASKING.get()[1] in self.full:
            raise TooManyRequests
        seen, asked = self.length, most()
        self.reads.append((network, after, asked))
        await self.answered.wait()
        last = min(seen, after + asked)
        return Ground(None, False), [Row(position, None, None, {}) for position in range(after + 1, last + 1)]


class Asked:
    def __init__(self) -> None:
        self.log = Slow()
        self.pages = SharedPages(cast("Log", self.log), "http://here")

    def ask(
        self, network: str = "demo", after: int = 0, most: int = 100, who: object = 0
    ) -> "asyncio.Task[Sequence[FeedRow]]":
        async def asking() -> Sequence[FeedRow]:
            ASKING.set((network, who))
            return (await self.pages.page(network, after, most)).rows

        return asyncio.create_task(asking())

    def answer(self) -> None:
        self.log.lent.set()
        self.log.answered.set()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def positions(rows: Sequence[FeedRow]) -> list[int]:
    return [row.position.place for row in rows]


@pytest.fixture
async def asked() -> Asked:
    return Asked()


async def test_all_of_a_network_at_a_position_read_once(asked: Asked) -> None:
    asks = [asked.ask(network) for network in ("demo", "other") for _ in range(100)] + [asked.ask(after=7)]
    asked.answer()
    await asyncio.gather(*asks)
    assert sorted(asked.log.reads) == [("demo", 0, 100), ("demo", 7, 100), ("other", 0, 100)]


async def test_each_gets_as_many_rows_as_it_wants(asked: Asked) -> None:
    asked.log.length = 500
    asks = [asked.ask(most=most) for most in (100, 300, 200)]
    asked.answer()
    assert [len(rows) for rows in await asyncio.gather(*asks)] == [100, 300, 200]
    assert asked.log.reads == [("demo", 0, 300)]


async def test_whoever_asks_once_the_read_has_begun_gets_what_was_recorded_since(asked: Asked) -> None:
    early = asked.ask()
    asked.log.lent.set()
    await settle()
    asked.log.length = 1
    late = asked.ask()
    asked.answer()
    assert (positions(await early), positions(await late)) == ([], [1])
    assert len(asked.log.reads) == 2


async def test_nothing_is_kept_once_it_is_answered(asked: Asked) -> None:
    asked.answer()
    for _ in range(3):
        await asked.ask()
    assert len(asked.log.reads) == 3


async def test_who_leaves_takes_the_page_from_nobody(asked: Asked) -> None:
    first, second = asked.ask(), asked.ask()
    await settle()
    first.cancel()
    await settle()
    asked.log.length = 1
    asked.answer()
    assert positions(await second) == [1]


async def test_a_full_line_is_no_concern_of_those_who_share_its_page(asked: Asked) -> None:
    asked.log.full.add("flood")
    flood, others = [asked.ask(who="flood")], [asked.ask(who=number) for number in range(3)]
    await settle()
    asked.answer()
    outcomes: list[Any] = await asyncio.gather(*flood, *others, return_exceptions=True)
    assert [type(one) for one in outcomes] == [TooManyRequests, list, list, list]


async def test_all_are_told_when_the_store_is_away(asked: Asked) -> None:
    async def away(*_: object) -> list[Row]:
        await asyncio.sleep(0)
        raise StoreUnavailable

    asked.log.page = away  # type: ignore[method-assign,assignment]
    outcomes = await asyncio.gather(*(asked.ask() for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in outcomes] == [StoreUnavailable] * 3


async def test_hundreds_of_answers_leave_others_their_turn_at_the_event_loop(asked: Asked) -> None:
    answered: list[int] = []
    rounds: list[int] = []

    async def answer(number: int) -> None:
        await asked.pages.turn()
        answered.append(number)

    asks = [asyncio.create_task(answer(number)) for number in range(200)]
    while len(answered) < 200:
        before = len(answered)
        await asyncio.sleep(0)
        rounds.append(len(answered) - before)
    await asyncio.gather(*asks)
    assert max(rounds) == 1
