"""What decisions read stays in the cache: only what is committed, whole, and of no erased client."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Self
from unittest.mock import Mock
from uuid import UUID, uuid4

import psycopg
import pytest

from contracts.disclosure import Decision, Question
from episodes.disclosure.decision import Allowed, Found
from episodes.disclosure.postgres import Disclosures
from episodes.domain.refusals import RuleBroken
from episodes.event_log.cache import FACTOR, Cache, Lookup
from episodes.event_log.codec import metadata_of
from episodes.event_log.thread_pool import Workers
from episodes.recording.postgres import read_set
from episodes.recording.postgres.lookup import look_up
from episodes.recording.postgres.store import PostgresStore
from tests.support.episodes.care_facts import a_session
from tests.support.episodes.scenario import march
from tests.support.episodes.store_and_writer import Desk, a_desk, a_flag, decided_on, recorded, submitted
from tests.support.servers.postgres import PostgresServer

FIRST_EVENT = """SELECT convert_from(substring(state FROM 19 FOR 36), 'utf8') FROM stored_events
WHERE originator_id = %s AND originator_version = 1"""
INSERT = """INSERT INTO stored_events (originator_id, originator_version, topic, state)
VALUES (%s, %s, %s, %s)"""


class Asking:
    """One process: its cache, and the threads that decide."""

    def __init__(self, desk: Desk, most_bytes: int) -> None:
        self.desk = desk
        self.cache = Cache(most_bytes)
        self.workers = Workers(desk.database.url("api"))
        self._disclosures = Disclosures(self.workers, desk.keys.unwrap, self.cache)

    def __enter__(self) -> Self:
        self.workers.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.workers.close()

    async def about(
        self, episode: UUID, network: str = "demo", then: Callable[[], None] = lambda: None
    ) -> Found:
        """What a decision on the first event of the episode is based on. `then` comes before its end."""
        found: list[Found] = []

        def decide(read: Found) -> tuple[Sequence[Decision], Sequence[Allowed]]:
            found.append(read)
            then()
            return [], []

        [(event,)] = self.desk.rows(FIRST_EVENT, episode)
        question = Question(event_id=UUID(event), partner=uuid4(), subscription_id=uuid4())
        await self._disclosures.decided(network, [question], decide)
        return found[0]

    @property
    def counted(self) -> tuple[int, int, int]:
        """How many episodes were found up to date, behind, and not at all."""
        tally = self.cache.tally
        return tally.hits, tally.behind, tally.misses


@pytest.fixture(scope="module")
def desk(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return a_desk(postgres, tmp_path_factory.mktemp("decisions"))


@pytest.fixture
def asking(desk: Desk) -> Iterator[Asking]:
    with Asking(desk, 10_000_000) as asking:
        yield asking


@pytest.fixture
def store(desk: Desk) -> Iterator[PostgresStore]:
    with closing(desk.store()) as store:
        yield store


async def test_a_process_that_records_nothing_folds_an_episode_once(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    episode = desk.opened(store)
    recorded(desk, store, [desk.command(a_flag(), episode)])
    first, second = [await asking.about(episode) for _ in range(2)]
    assert first.episodes[episode] is second.episodes[episode]
    assert asking.counted == (1, 0, 1)
    recorded(desk, store, [desk.command(a_flag(), episode)])
    third = await asking.about(episode)
    assert [third.episodes[episode].version, asking.cache[episode].episode.version] == [3, 3]
    assert asking.counted == (1, 1, 1)
    assert asking.cache.tally.events == 2 + 1


async def test_what_a_decision_kept_is_what_a_command_would_have_kept(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    episode = desk.opened(store)
    await asking.about(episode)
    recorded(desk, store, [desk.command(a_flag(), episode)])
    await asking.about(episode)
    known = store.read([desk.command(a_flag(), episode)], Cache(0)).episodes
    assert asking.cache[episode] == known[episode]
    assert asking.cache.bytes == FACTOR * known[episode].weight


async def test_a_command_begins_from_what_a_decision_kept(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    episode = desk.opened(store)
    await asking.about(episode)
    batch = store.read([desk.command(a_flag(), episode)], asking.cache)
    assert batch.episodes[episode] is asking.cache[episode]
    assert batch.lookups == [Lookup(cached=True, events=0)]


async def test_what_is_not_committed_is_neither_decided_upon_nor_kept(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    episode = desk.opened(store)
    [event] = decided_on(desk, store, [desk.command(a_flag(), episode)]).write_set.events
    with psycopg.connect(desk.database.superuser_url) as writing:
        row = (event.originator_id, event.originator_version, event.topic, event.state)
        writing.execute(INSERT, row)
        assert (await asking.about(episode)).episodes[episode].version == 1
        assert (await asking.about(episode)).episodes[episode].version == 1
        writing.rollback()
    assert asking.cache[episode].episode.version == 1
    recorded(desk, store, [desk.command(a_flag("another"), episode)])
    found = (await asking.about(episode)).episodes[episode]
    assert found.entry(metadata_of(event).event_id) is None
    assert len(found.entries) == found.version == 2


async def test_a_decision_that_fails_after_reading_leaves_what_is_committed(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    """Its transaction is rolled back, which has no event of its own."""
    episode = desk.opened(store)

    def defect() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await asking.about(episode, then=defect)
    assert asking.cache[episode].episode.version == 1


def a_client(desk: Desk) -> UUID:
    """One more client in the directory."""
    client = uuid4()
    desk.rows(
        "INSERT INTO clients (network_id, client_id, identity) VALUES ('demo', %s, '{}') RETURNING 1", client
    )
    return client


def erase(desk: Desk, client: UUID) -> None:
    desk.rows("UPDATE client_keys SET wrapped = NULL WHERE client_id = %s RETURNING 1", client)


async def test_after_an_erasure_nothing_of_the_client_is_told_or_kept(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    client = a_client(desk)
    episode = desk.opened(store, client)
    await asking.about(episode)
    assert asking.cache[episode].episode.entries
    erase(desk, client)
    for _ in range(2):
        found = (await asking.about(episode)).episodes[episode]
        assert (found.version, found.entries, found.spans) == (1, (), ())
        assert episode not in asking.cache
    assert asking.counted == (1, 0, 2)


async def test_a_command_for_an_erased_client_is_answered_alike_whatever_was_cached(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    client = a_client(desk)
    episode = desk.opened(store, client)
    recorded(desk, store, [desk.command(a_session(march(3, 10)), episode)])
    kept = (await asking.about(episode)).episodes[episode]
    assert all((kept.entries, kept.spans, kept.judged_until))
    erase(desk, client)
    flag = desk.command(a_flag(), episode)
    warm, cold = (store.read([flag], cache).episodes[episode] for cache in (asking.cache, Cache(0)))
    assert (warm.episode, warm.whole) == (cold.episode, cold.whole)
    async with desk.writer(store, asking.cache) as writer:
        [outcome] = await submitted(writer, [flag])
    assert isinstance(outcome, RuleBroken)
    assert outcome.rule == "client-erased"
    assert episode not in asking.cache


async def test_a_state_is_held_against_its_key_without_asking_the_store_again(
    desk: Desk, store: PostgresStore, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_client(desk)
    episode = desk.opened(store, client)
    await asking.about(episode)
    erase(desk, client)
    looking = Mock(side_effect=look_up)
    monkeypatch.setattr(read_set, "look_up", looking)
    store.read([desk.command(a_flag(), episode)], asking.cache)
    assert looking.call_count == 1


async def test_a_damaged_episode_is_not_kept_and_holds_up_no_other(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    damaged, well = desk.opened(store), desk.opened(store)
    with psycopg.connect(desk.database.superuser_url) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE stored_events SET state = substring(state FOR length(state) - 1) || '\\x00'::bytea"
            " WHERE originator_id = %s",
            (damaged,),
        )
    for episode in (damaged, well):
        await asking.about(episode)
    assert set(asking.cache) == {well}
    assert asking.counted == (0, 0, 1)


async def test_another_network_neither_sees_nor_moves_what_is_kept(
    desk: Desk, store: PostgresStore, asking: Asking
) -> None:
    episode = desk.opened(store)
    assert (await asking.about(episode, "other")).episodes == {}
    assert episode not in asking.cache
    kept = (await asking.about(episode)).episodes[episode]
    assert (await asking.about(episode, "other")).episodes == {}
    assert asking.cache[episode].episode is kept
    assert asking.counted == (0, 0, 1)


async def test_without_room_every_decision_reads_the_whole_and_says_the_same(
    desk: Desk, store: PostgresStore
) -> None:
    episode = desk.opened(store)
    recorded(desk, store, [desk.command(a_flag(), episode)])
    for most_bytes in (0, 1):
        with Asking(desk, most_bytes) as asking:
            first, second = [await asking.about(episode) for _ in range(2)]
        assert first.episodes == second.episodes
        assert asking.counted == (0, 0, 2)
        assert (len(asking.cache), asking.cache.bytes, asking.cache.tally.evictions) == (0, 0, 0)
