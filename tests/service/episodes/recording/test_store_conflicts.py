"""Two processes that write at once: what each is answered, and what is in the store then."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from episodes.errors import Conflict, InConflict, Moved, ReferenceKnown
from episodes.event_log.recorder import EventRecorder
from episodes.http.entity_tags import Expected
from episodes.recording.commands import Answer, CommandRequest
from episodes.recording.postgres.store import PostgresStore
from episodes.recording.store import WriteSet
from tests.support.episodes.care_facts import a_sharing_consent
from tests.support.episodes.store_and_writer import (
    Desk,
    Interrupted,
    a_desk,
    a_flag,
    decided_on,
    recorded,
    submitted,
)
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

T = TypeVar("T")
FIRST = Expected(frozenset({1}))


@pytest.fixture(scope="module")
def desk(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return a_desk(postgres, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def ours(desk: Desk) -> Iterator[PostgresStore]:
    store = desk.store()
    yield store
    store.close()


@pytest.fixture
def theirs(desk: Desk) -> Iterator[PostgresStore]:
    store = desk.store()
    yield store
    store.close()


async def test_one_command_in_conflict_is_decided_anew_and_its_neighbours_are_recorded(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore
) -> None:
    episodes = [desk.opened(ours) for _ in range(5)]
    contended = episodes[2]

    def interloper() -> None:
        recorded(desk, theirs, [desk.command(a_flag(), contended)])

    async with desk.writer(Interrupted(ours, interloper)) as writer:
        answers = await submitted(writer, [desk.command(a_flag(), episode) for episode in episodes])

    assert [_version(answer) for answer in answers] == [2, 2, 3, 2, 2]
    assert [desk.versions(episode) for episode in episodes] == [
        [1, 2, 3] if episode == contended else [1, 2] for episode in episodes
    ]


async def test_a_command_is_never_decided_past_the_version_its_caller_expects(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore
) -> None:
    moved, still = desk.opened(ours), desk.opened(ours)

    def interloper() -> None:
        recorded(desk, theirs, [desk.command(a_flag(), moved)])

    async with desk.writer(Interrupted(ours, interloper)) as writer:
        answers = await submitted(
            writer, [desk.command(a_flag(), episode, if_match=FIRST) for episode in (moved, still)]
        )

    assert isinstance(answers[0], Moved)
    assert answers[0].version == 2
    assert _version(answers[1]) == 2
    assert (desk.versions(moved), desk.versions(still)) == ([1, 2], [1, 2])


async def test_of_commands_that_expect_the_same_version_one_wins(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore
) -> None:
    episode = desk.opened(ours)
    async with desk.writer(ours) as one, desk.writer(theirs) as other:
        commands = [desk.command(a_flag(), episode, if_match=FIRST) for _ in range(25)]
        others = [desk.command(a_flag(), episode, if_match=FIRST) for _ in range(25)]
        first, second = await _both(submitted(one, commands), submitted(other, others))
    answers = [*first, *second]
    assert sum(isinstance(answer, Answer) for answer in answers) == 1
    assert sum(isinstance(answer, Moved) for answer in answers) == 49
    assert desk.versions(episode) == [1, 2]


async def test_an_episode_contended_for_ever_is_answered_with_a_conflict(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore
) -> None:
    episode, quiet = desk.opened(ours), desk.opened(ours)

    def interloper() -> None:
        recorded(desk, theirs, [desk.command(a_flag(), episode)])

    async with desk.writer(Interrupted(ours, *[interloper] * 20)) as writer:
        answers = await submitted(writer, [desk.command(a_flag(), episode), desk.command(a_flag(), quiet)])

    assert isinstance(answers[0], InConflict)
    assert _version(answers[1]) == 2, "its neighbour is not drawn into it"
    assert desk.versions(episode) == list(range(1, len(desk.versions(episode)) + 1))


async def test_a_key_recorded_meanwhile_is_answered_from_its_receipt(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore
) -> None:
    episode = desk.opened(ours)
    command = desk.command(a_flag(), episode)
    theirs_said: list[Answer | Exception] = []

    def interloper() -> None:
        theirs_said.extend(recorded(desk, theirs, [command]))

    async with desk.writer(Interrupted(ours, interloper)) as writer:
        (answer,) = await submitted(writer, [command])

    assert isinstance(answer, Answer)
    assert isinstance(theirs_said[0], Answer)
    assert answer.body == theirs_said[0].body
    assert answer.replayed
    assert desk.versions(episode) == [1, 2]


def test_after_a_conflict_the_same_store_records_at_once(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore
) -> None:
    """Nothing a refused transaction was to prepare may be missed by the next."""
    episode = desk.opened(ours)
    for _ in range(6):
        late = decided_on(desk, ours, [desk.command(a_flag(), episode)])
        recorded(desk, theirs, [desk.command(a_flag(), episode)])
        with pytest.raises(Conflict):
            ours.write(late.write_set)
        assert isinstance(recorded(desk, ours, [desk.command(a_flag(), episode)])[0], Answer)
    assert desk.versions(episode) == list(range(1, 14))


@pytest.mark.parametrize("taken", ["version", "key", "reference"])
@pytest.mark.parametrize("answered", ["early", "late"])
def test_the_first_write_of_a_process_may_be_refused_and_its_next_is_recorded(
    desk: Desk, theirs: PostgresStore, monkeypatch: pytest.MonkeyPatch, taken: str, answered: str
) -> None:
    episode, other = desk.opened(theirs), desk.opened(theirs)
    fresh, reference = desk.store(), uuid4().bytes
    command = desk.command(a_flag(), episode, reference=reference)
    late = decided_on(desk, fresh, [command])
    shared: dict[str, dict[str, Any]] = {"key": {"id": command.id}, "reference": {"reference": reference}}
    recorded(
        desk,
        theirs,
        [desk.command(a_flag(), episode if taken == "version" else other, **shared.get(taken, {}))],
    )
    if answered == "early":
        _refusals_arrive_before_all_is_sent(monkeypatch)
    with pytest.raises(Conflict):
        fresh.write(late.write_set)
    assert isinstance(recorded(desk, fresh, [desk.command(a_flag(), episode)])[0], Answer)
    fresh.close()


async def test_a_known_source_ref_names_its_event_and_of_many_at_once_one_wins(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore
) -> None:
    episodes = [desk.opened(ours) for _ in range(20)]
    reference = desk.keys.reference("demo", "old-system", str(uuid4()))
    commands = [desk.command(a_flag(), episode, reference=reference) for episode in episodes]
    async with desk.writer(ours) as one, desk.writer(theirs) as other:
        first, second = await _both(submitted(one, commands[:10]), submitted(other, commands[10:]))
    answers = [*first, *second]
    (won,) = [answer for answer in answers if isinstance(answer, Answer)]
    known = [answer for answer in answers if isinstance(answer, ReferenceKnown)]
    assert len(known) == 19, [answer for answer in answers if answer not in (won, *known)]
    assert {(it.episode, it.event) for it in known} == {(won.episode, won.event)}
    assert desk.rows("SELECT event_id FROM source_refs WHERE reference = %s", reference) == [(won.event,)]


@pytest.mark.parametrize("table", ["command_receipts", "source_refs"])
def test_batches_with_the_same_keys_in_another_order_do_not_lock_each_other_out(
    desk: Desk, ours: PostgresStore, theirs: PostgresStore, table: str
) -> None:
    """Both are held up in their midst, by a row of a third that then goes away."""
    episodes = [desk.opened(ours) for _ in range(9)]
    commands = [desk.command(a_flag(), episode, reference=uuid4().bytes) for episode in episodes]
    fresh = [replace(command, id=uuid4()) for command in commands]
    others = commands if table == "command_receipts" else fresh
    batches = [decided_on(desk, ours, commands), decided_on(desk, theirs, others[::-1])]
    with psycopg.connect(desk.database.superuser_url) as third, ThreadPoolExecutor(2) as writers:
        _hold(third, table, commands)
        writing = [
            writers.submit(_written, store, batch.write_set)
            for store, batch in zip((ours, theirs), batches, strict=True)
        ]
        eventually(lambda: _held_up(desk) == 2, "both wait")
        third.rollback()
        refused = {it.result(20) for it in writing}
    assert refused == {None, UniqueViolation}, "one is recorded, the other comes too late"
    assert [desk.versions(episode) for episode in episodes] == [[1, 2]] * 9


def _version(answer: Answer | BaseException) -> int:
    assert isinstance(answer, Answer), answer
    assert answer.version is not None
    return answer.version


def _refusals_arrive_before_all_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = EventRecorder._lock_table

    def slowly(recorder: EventRecorder, cursor: Any) -> None:
        cursor.execute("SELECT 1")  # sends what waits
        time.sleep(0.05)
        lock(recorder, cursor)

    monkeypatch.setattr(EventRecorder, "_lock_table", slowly)


def _hold(third: psycopg.Connection, table: str, commands: list[CommandRequest]) -> None:
    """Insert the row in the middle of the order in which both would write theirs."""
    if table == "command_receipts":
        key = sorted(command.id for command in commands)[4]
        third.execute("INSERT INTO command_receipts VALUES ('demo', %s, '', 201, '')", (key,))
    else:
        reference = sorted(command.reference or b"" for command in commands)[4]
        values = (reference, uuid4(), uuid4())
        third.execute("INSERT INTO source_refs VALUES ('demo', %s, %s, %s)", values)


def _held_up(desk: Desk) -> int:
    ((number,),) = desk.rows("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    return int(number)


def _written(store: PostgresStore, writing: WriteSet) -> type[BaseException] | None:
    """What the database refused it for, if it did."""
    try:
        store.write(writing)
    except Conflict as conflict:
        return type(conflict.__context__ or conflict)
    return None


async def _both(one: Awaitable[T], other: Awaitable[T]) -> tuple[T, T]:
    return await asyncio.gather(one, other)


async def test_a_consent_is_to_whom_the_partner_is_when_it_is_written(
    desk: Desk, ours: PostgresStore
) -> None:
    partner = uuid4()
    desk.rows(
        """INSERT INTO partners (network_id, partner_id, kind, organisation)
        VALUES ('demo', %s, 'chiropractor', 'Harbor') RETURNING 1""",
        partner,
    )

    def bought() -> None:
        desk.rows("UPDATE partners SET organisation = 'Other' WHERE partner_id = %s RETURNING 1", partner)

    consent = desk.command(a_sharing_consent(partner=partner), desk.opened(ours))
    batch = decided_on(desk, ours, [consent])
    bought()
    with pytest.raises(Conflict):
        ours.write(batch.write_set)
    assert not desk.rows("SELECT 1 FROM client_subjects WHERE partner_id = %s", partner)
    async with desk.writer(Interrupted(ours, bought)) as writer:
        (answer,) = await submitted(writer, [consent])
    assert isinstance(answer, Answer), answer
    assert desk.rows("SELECT count(*) FROM client_subjects WHERE partner_id = %s", partner) == [(1,)]
