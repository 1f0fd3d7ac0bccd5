"""The writer when its store fails: nobody is drawn into a neighbour's trouble, and nobody waits for ever."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from episodes.errors import (
    Conflict,
    InConflict,
    NotThere,
    OutcomeUnknown,
    StoreUnavailable,
    TooManyRequests,
    TooManyWaiting,
)
from episodes.event_log.cache import Cache
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.keyring import keyring
from episodes.recording import batch
from episodes.recording import writer as writer_module
from episodes.recording.commands import Answer, CommandRequest
from episodes.recording.store import ReadSet, WriteSet
from episodes.recording.writer import MAX_TURNS, Writer
from episodes.turns import Limits
from tests.support.episodes.batches import SERVICE, a_batch, an_episode_of, command, told_of
from tests.support.episodes.care_facts import OPENED
from tests.support.episodes.scenario import EPISODE, NOW
from tests.support.episodes.store_and_writer import Desk, a_flag, submitted
from tests.support.servers.postgres import Database

DRAWS = a_batch(ReadSet()).draws


class Failing:
    """A store whose reads do what the test says, counted."""

    def __init__(self, reading: Callable[[Sequence[CommandRequest]], ReadSet]) -> None:
        self._reading = reading
        self.reads = 0

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        self.reads += 1
        return self._reading(commands)

    def write(self, writing: WriteSet) -> None:
        raise AssertionError("nothing was decided")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Database("", "", ""), keyring(tmp_path / "keys", uuid4))


async def test_when_the_store_goes_away_in_a_conflict_not_each_of_many_waits_for_it(desk: Desk) -> None:
    causes = iter([OutcomeUnknown(), OutcomeUnknown()])

    def reading(_: Sequence[CommandRequest]) -> ReadSet:
        raise next(causes, StoreUnavailable())

    store = Failing(reading)
    async with desk.writer(store) as writer:
        answers = await submitted(writer, [desk.command(a_flag(), uuid4()) for _ in range(50)])
    assert all(isinstance(answer, StoreUnavailable) for answer in answers)
    assert store.reads == 3


async def test_a_command_that_meets_a_defect_does_not_fail_its_neighbours(desk: Desk) -> None:
    bad = desk.command(a_flag(), uuid4())

    def reading(commands: Sequence[CommandRequest]) -> ReadSet:
        if bad in commands:
            raise ZeroDivisionError
        return ReadSet()

    async with desk.writer(Failing(reading)) as writer:
        answers = await submitted(writer, [desk.command(a_flag(), uuid4()), bad])
    assert [type(answer) for answer in answers] == [NotThere, ZeroDivisionError]


async def test_who_waits_too_long_is_told_to_come_back_and_not_recorded_later(desk: Desk) -> None:
    go_on, begun = threading.Event(), threading.Event()
    seen: list[int] = []

    def reading(commands: Sequence[CommandRequest]) -> ReadSet:
        seen.append(len(commands))
        begun.set()
        go_on.wait(10)
        return ReadSet()

    async with desk.writer(Failing(reading)) as writer:
        held = asyncio.create_task(submitted(writer, [desk.command(a_flag(), uuid4())]))
        assert await asyncio.to_thread(begun.wait, 5)
        late = await submitted(writer, [desk.command(a_flag(), uuid4()) for _ in range(3)])
        go_on.set()
        first = await held
    assert [type(answer) for answer in (*first, *late)] == [TooManyWaiting] * 4
    assert seen == [1], "those who had given up were not decided"


@dataclass
class Refusing:
    """A store that has the episode and refuses or loses the first `writes`, counted."""

    known: Callable[[], ReadSet]
    refusals: list[Exception] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    asked: list[Sequence[CommandRequest]] = field(default_factory=list)
    written: int = 0

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        self.sizes.append(len(commands))
        self.asked.append(commands)
        return self.known()

    def write(self, writing: WriteSet) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.written += len(writing.events)


def flags(count: int) -> list[CommandRequest]:
    return [command(a_flag(), EPISODE, id=uuid4()) for _ in range(count)]


def over(*refusals: Exception, **more: Any) -> tuple[Refusing, Writer, list[tuple[int, int]]]:
    """A writer over such a store, and what it tells of its batches."""
    store, observed = Refusing(lambda: told_of(an_episode_of(OPENED)), list(refusals)), []
    writer = Writer(store, DRAWS, lambda: NOW, Cache(0), lambda *it: observed.append(it), **more)
    writer.start()
    return store, writer, observed


async def test_who_comes_together_is_recorded_together() -> None:
    store, writer, observed = over()
    answers = await submitted(writer, flags(3))
    await writer.stop()
    assert [type(answer) for answer in answers] == [Answer] * 3
    assert (store.sizes, store.written, observed) == ([3], 3, [(3, 1)])
    assert not writer.alive


async def test_a_batch_that_conflicts_once_is_decided_again_as_a_whole() -> None:
    store, writer, observed = over(Conflict())
    answers = await submitted(writer, flags(2))
    await writer.stop()
    assert [type(answer) for answer in answers] == [Answer] * 2
    assert (store.sizes, observed) == ([2, 2], [(2, 2)])


@pytest.mark.parametrize(("refusal", "told"), [(Conflict, InConflict), (OutcomeUnknown, StoreUnavailable)])
async def test_what_still_conflicts_is_tried_alone_and_then_told(
    refusal: type[Exception], told: type[Exception]
) -> None:
    store, writer, observed = over(*(refusal() for _ in range(5)))
    (answer,) = await submitted(writer, flags(1))
    await writer.stop()
    assert type(answer) is told
    assert (store.sizes, observed) == ([1] * 5, [(1, 3)])


async def test_one_that_conflicts_alone_does_not_fail_its_neighbour() -> None:
    store, writer, _ = over(*(Conflict() for _ in range(5)))
    first, second = await submitted(writer, flags(2))
    await writer.stop()
    assert (type(first), type(second)) == (InConflict, Answer)
    assert store.written == 1


async def test_no_more_wait_than_may_and_whoever_was_answered_makes_room() -> None:
    _, writer, _ = over(limits=Limits(in_all=2))
    answers = await submitted(writer, flags(3))
    assert [type(answer) for answer in answers] == [Answer, Answer, TooManyWaiting]
    for _ in range(2):
        answers = await submitted(writer, flags(3))
        assert [type(answer) for answer in answers] == [Answer, Answer, TooManyWaiting]
    await writer.stop()


async def test_a_caller_who_left_keeps_no_other_from_its_answer() -> None:
    _, writer, _ = over()
    left, stayed = (asyncio.create_task(writer.submit(asked)) for asked in flags(2))
    await asyncio.sleep(0)
    left.cancel()
    assert isinstance(await stayed, Answer)
    await writer.stop()


async def test_what_does_not_fit_one_transaction_follows_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_COMMANDS", 2)
    store, writer, _ = over()
    asked = flags(5)
    answers = await submitted(writer, asked)
    await writer.stop()
    assert (store.sizes, store.written) == ([5, 3, 1], 5)
    assert [type(answer) for answer in answers] == [Answer] * 5


async def handed_over() -> None:
    """Returns when what was submitted waits for the writer's thread."""
    for _ in range(2 * MAX_TURNS):
        await asyncio.sleep(0)


def held_up(store: Refusing) -> tuple[threading.Event, threading.Event]:
    """Its reads set the first and wait for the second."""
    begun, go_on, known = threading.Event(), threading.Event(), store.known

    def slowly() -> ReadSet:
        begun.set()
        go_on.wait(5)
        return known()

    store.known = slowly
    return begun, go_on


async def test_a_caller_who_leaves_while_it_is_decided_keeps_no_other_from_its_answer() -> None:
    store, writer, _ = over()
    begun, go_on = held_up(store)
    left, stayed = (asyncio.create_task(writer.submit(asked)) for asked in flags(2))
    assert await asyncio.to_thread(begun.wait, 5)
    left.cancel()
    await asyncio.sleep(0)
    go_on.set()
    assert isinstance(await stayed, Answer)
    assert left.cancelled()
    await writer.stop()


async def test_what_was_handed_over_meanwhile_is_decided_together_and_the_writer_lives_on() -> None:
    store, writer, _ = over()
    begun, go_on = held_up(store)
    calls = [asyncio.create_task(writer.submit(asked)) for asked in flags(1)]
    assert await asyncio.to_thread(begun.wait, 5)
    for _ in range(3):
        calls += [asyncio.create_task(writer.submit(asked)) for asked in flags(2)]
        await handed_over()
    go_on.set()
    assert [type(answer) for answer in await asyncio.gather(*calls)] == [Answer] * 7
    assert (store.sizes, writer.alive) == ([1, 6], True)
    await writer.stop()


def of(network: str, who: int, count: int) -> list[CommandRequest]:
    """Commands of one caller."""
    caller = replace(SERVICE, network=network, actor=replace(SERVICE.actor, id=UUID(int=who)))
    return [command(a_flag(), EPISODE, id=uuid4(), caller=caller) for _ in range(count)]


async def test_a_batch_is_filled_by_turns_between_networks_and_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The flood fills one batch after another, and the others are all in the first of them."""
    monkeypatch.setattr(writer_module, "MAX_COMMANDS", 16)
    store, writer, _ = over(limits=Limits(of_caller=100))
    begun, go_on = held_up(store)
    calls = [asyncio.create_task(writer.submit(asked)) for asked in of("other", 1, 1)]
    assert await asyncio.to_thread(begun.wait, 5)
    flood, peer, few = of("other", 1, 60), of("other", 2, 2), of("demo", 1, 4)
    calls += [asyncio.create_task(writer.submit(asked)) for asked in (*flood, *peer, *few)]
    await handed_over()
    go_on.set()
    await asyncio.gather(*calls, return_exceptions=True)
    await writer.stop()
    assert store.sizes == [1, 16, 16, 16, 16, 2]
    assert all(one in store.asked[1] for one in (*few, *peer))


async def test_only_the_line_of_a_flood_is_full() -> None:
    _, writer, _ = over(limits=Limits(of_caller=5))
    flood, others = await asyncio.gather(
        submitted(writer, of("other", 1, 20)),
        submitted(writer, [*of("other", 2, 5), *of("demo", 1, 5)]),
    )
    await writer.stop()
    assert Counter(map(type, flood)) == {NotThere: 5, TooManyRequests: 15}
    assert TooManyRequests not in map(type, others)


async def test_commands_of_one_caller_are_recorded_in_the_order_they_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when they are put back because they do not fit into a transaction."""
    monkeypatch.setattr(batch, "MAX_COMMANDS", 3)
    store, writer, _ = over()
    first, second = of("demo", 1, 10), of("other", 1, 10)
    await submitted(writer, [*first, *second])
    await writer.stop()
    decided = [one for asked in store.asked for one in asked[:3]]
    assert [one for one in decided if one in first] == first
    assert [one for one in decided if one in second] == second
