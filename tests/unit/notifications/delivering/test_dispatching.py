"""Who is asked when: of a network one question is under way at a time, while the next are claimed, and none
waits for another network.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

import psycopg

from contracts.disclosure import Decision, Question
from notifications.answers import NoAnswer
from notifications.delivering.asking import A_FEW, MOST
from notifications.delivering.courier import DECISION_SERVES_SECONDS, WAIT_FOR_ANSWER, Claimed, Clock, Courier
from notifications.delivering.dispatch import Dispatch
from notifications.delivering.outbox import AT_ONCE
from notifications.delivering.schedule import Outcome, Unusable
from tests.unit.notifications.delivering.test_attempts import NOW, World, claimed, decision


@dataclass
class Networks(World):
    """Owes `each` more to every network at each claim. `slow` is answered when `answer` says so."""

    each: int = 1
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    claims: list[Sequence[str]] = field(default_factory=list)
    asking: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    asked: dict[str, list[set[UUID]]] = field(default_factory=lambda: defaultdict(list))
    owed: list[Claimed] = field(default_factory=list)
    silent: bool = False
    now: float = 0.0

    async def claim(self, networks: Sequence[str], room: int) -> Sequence[Claimed]:
        await asyncio.sleep(0)
        self.claims.append(networks)
        self.moved.set()
        names = [network for network in networks for _ in range(self.each)]
        made = [claimed(network=network, leased_at=self.now) for network in names[:room]]
        self.owed += made
        return made

    async def release(self, claimed: Sequence[Claimed], wait: timedelta) -> None:
        await super().release(claimed, wait)
        self.moved.set()

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        self.asking[network] += 1
        assert self.asking[network] == 1
        self.asked[network].append({one.event_id for one in questions})
        await (self.answer.wait() if network == "slow" else asyncio.sleep(0))
        self.asking[network] -= 1
        if self.silent:
            raise NoAnswer("nobody there")
        return [decision() for _ in questions]

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome | Unusable:
        for _ in range(5):
            await asyncio.sleep(0)
        return await super().post(url, headers, body)

    def events(self, network: str) -> set[UUID]:
        return {one.due.event_id for one in self.owed if one.due.network == network}

    def courier(self) -> Courier:
        clock = Clock(lambda: NOW, lambda: self.now, lambda: 0.5)
        return Courier(self, self, self, clock, "http://127.0.0.1:8001")


async def nobody() -> NoReturn:
    raise psycopg.OperationalError


@asynccontextmanager
async def dispatching(world: Networks, *networks: str, ahead: bool = True) -> AsyncIterator[asyncio.Event]:
    """A dispatcher that runs until the event is set."""
    stop = asyncio.Event()
    running = asyncio.create_task(Dispatch(world.courier(), networks, nobody, ahead).run(stop))
    yield stop
    stop.set()
    await running


async def until(world: Networks, holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            world.moved.clear()
            await world.moved.wait()


async def test_what_is_claimed_while_a_network_is_asked_about_shares_the_next_question() -> None:
    world = Networks()
    async with dispatching(world, "slow", "quick"):
        await until(world, lambda: len(world.claims) >= 10)
        assert len(world.asked["slow"]) == 1
        world.answer.set()
        await until(world, lambda: len(world.asked["slow"]) >= 2)
    assert len(world.asked["slow"][0]) == 1
    assert len(world.asked["slow"][1]) >= 9
    assert not world.asked["slow"][0] & world.asked["slow"][1]


async def test_a_network_that_is_not_answered_holds_no_more_than_one_question_takes() -> None:
    world = Networks(each=AT_ONCE)
    async with dispatching(world, "slow", "quick"):
        await until(world, lambda: len(world.asked["quick"]) > 3 * MOST // AT_ONCE)
        held = len(world.events("slow"))
        world.answer.set()
    assert held == MOST


async def test_where_a_lease_may_end_before_nothing_is_claimed_ahead_and_no_other_network_waits() -> None:
    world = Networks()
    async with dispatching(world, "slow", "quick", ahead=False):
        await until(world, lambda: len(world.claims) >= 10)
        assert world.claims[:10] == [["slow", "quick"], *[["quick"]] * 9]
        world.answer.set()
        await until(world, lambda: len(world.asked["slow"]) >= 2)


async def test_without_an_answer_what_waits_is_released_too() -> None:
    world = Networks(silent=True)
    async with dispatching(world, "slow"):
        await until(world, lambda: len(world.claims) >= 3)
        world.answer.set()
        await until(world, lambda: len(world.waits) == len(world.owed))
    assert len(world.owed) >= 3
    assert len(world.asked["slow"]) == 1
    assert world.waits == [WAIT_FOR_ANSWER] * len(world.owed)
    assert world.posted == []


async def test_when_told_to_end_what_nothing_was_asked_about_is_released_at_once() -> None:
    world = Networks()
    async with dispatching(world, "slow") as stop:
        await until(world, lambda: len(world.claims) >= 3)
        claims = len(world.claims)
        stop.set()
        await until(world, lambda: len(world.waits) >= claims - 1)
        world.answer.set()
    assert set(world.waits) == {timedelta(0)}
    assert len(world.posted) == 1, "what was asked about is still sent"
    assert len(world.asked["slow"]) == 1


@dataclass
class Tedious(Networks):
    """Owes once. Until the first few are sent so much time passes that other decisions are old."""

    begun: int = 0

    async def claim(self, networks: Sequence[str], room: int) -> Sequence[Claimed]:
        return () if self.claims else await super().claim(networks, room)

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome | Unusable:
        self.begun += 1
        if self.begun == A_FEW:
            self.now += DECISION_SERVES_SECONDS + 0.1
        return await super().post(url, headers, body)


async def test_an_attempt_of_many_that_begins_too_long_after_their_decision_sends_nothing() -> None:
    world = Tedious(each=AT_ONCE)
    async with dispatching(world, "quick") as stop:
        await until(world, lambda: world.claims)
        stop.set()
    assert len(world.posted) == A_FEW
    assert world.waits == [timedelta(0)] * (AT_ONCE - A_FEW)
