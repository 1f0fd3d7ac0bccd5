"""The writer when its store fails: nobody is drawn into a neighbour's trouble, and nobody waits for ever."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID, uuid4

import pytest

from episodes.adapters.keys import Keyring
from episodes.application.commands import Command
from episodes.application.errors import NotThere, OutcomeUnknown, StoreUnavailable, TooManyWaiting
from episodes.application.known import Cached, Known, Writing
from tests.episodes.storing import Desk, a_flag, submitted
from tests.servers.postgres import Database


class Failing:
    """A store whose reads do what the test says, counted."""

    def __init__(self, reading: Callable[[Sequence[Command]], Known]) -> None:
        self._reading = reading
        self.reads = 0

    def read(self, commands: Sequence[Command], cached: Mapping[UUID, Cached]) -> Known:
        self.reads += 1
        return self._reading(commands)

    def write(self, writing: Writing) -> None:
        raise AssertionError("nothing was decided")


@pytest.fixture
def desk() -> Desk:
    return Desk(Database("", "", "", ""), Keyring(bytes(32), {1: bytes(32)}, bytes(32), uuid4))


async def test_when_the_store_goes_away_in_a_conflict_not_each_of_many_waits_for_it(desk: Desk) -> None:
    causes = iter([OutcomeUnknown(), OutcomeUnknown()])

    def reading(_: Sequence[Command]) -> Known:
        raise next(causes, StoreUnavailable())

    store = Failing(reading)
    async with desk.writer(store) as writer:
        answers = await submitted(writer, [desk.command(a_flag(), uuid4()) for _ in range(50)])
    assert all(isinstance(answer, StoreUnavailable) for answer in answers)
    assert store.reads == 3


async def test_a_command_that_meets_a_defect_does_not_fail_its_neighbours(desk: Desk) -> None:
    bad = desk.command(a_flag(), uuid4())

    def reading(commands: Sequence[Command]) -> Known:
        if bad in commands:
            raise ZeroDivisionError
        return Known()

    async with desk.writer(Failing(reading)) as writer:
        answers = await submitted(writer, [desk.command(a_flag(), uuid4()), bad])
    assert [type(answer) for answer in answers] == [NotThere, ZeroDivisionError]


async def test_who_waits_too_long_is_told_to_come_back_and_not_recorded_later(desk: Desk) -> None:
    go_on, begun = threading.Event(), threading.Event()
    seen: list[int] = []

    def reading(commands: Sequence[Command]) -> Known:
        seen.append(len(commands))
        begun.set()
        go_on.wait(10)
        return Known()

    async with desk.writer(Failing(reading)) as writer:
        held = asyncio.create_task(submitted(writer, [desk.command(a_flag(), uuid4())]))
        assert await asyncio.to_thread(begun.wait, 5)
        late = await submitted(writer, [desk.command(a_flag(), uuid4()) for _ in range(3)])
        go_on.set()
        first = await held
    assert [type(answer) for answer in (*first, *late)] == [TooManyWaiting] * 4
    assert seen == [1], "those who had given up were not decided"
