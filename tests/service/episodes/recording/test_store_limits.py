"""The largest that is recorded at once, what is refused, and what is read when a client's key is gone."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from episodes.domain.refusals import RuleBroken
from episodes.errors import TooLarge
from episodes.event_log.cache import FACTOR, Cache
from episodes.event_log.stored_form import Damaged
from episodes.recording.batch import MAX_BYTES, MAX_COMMANDS
from episodes.recording.commands import Answer
from episodes.recording.new_events import MAX_BYTES_OF_EVENT
from episodes.recording.postgres.store import PostgresStore
from tests.support.episodes.store_and_writer import (
    AN_OPENING,
    Desk,
    a_desk,
    a_flag,
    decided_on,
    recorded,
    submitted,
)
from tests.support.servers.postgres import PostgresServer

pytestmark = pytest.mark.timeout(40)  # what hangs must fail, and soon
BESIDE_WORDS = 960
"""Bytes of an event that are not the words of its flag, at most."""


@pytest.fixture(scope="module")
def desk(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return a_desk(postgres, tmp_path_factory.mktemp("limits"))


@pytest.fixture
def store(desk: Desk) -> Iterator[PostgresStore]:
    store = desk.store()
    yield store
    store.close()


def test_the_largest_batch_is_recorded_in_one_transaction(desk: Desk, store: PostgresStore) -> None:
    episodes = [desk.opened(store) for _ in range(4)]
    words = "x" * (MAX_BYTES // MAX_COMMANDS - BESIDE_WORDS)
    for _ in range(3):
        commands = [desk.command(a_flag(words), episodes[it % 4]) for it in range(MAX_COMMANDS)]
        batch = decided_on(desk, store, commands)
        assert len(batch.write_set.events) == MAX_COMMANDS
        store.write(batch.write_set)
    assert [len(desk.versions(episode)) for episode in episodes] == [151] * 4


def test_the_largest_event_and_the_fullest_transaction_are_recorded(desk: Desk, store: PostgresStore) -> None:
    episode = desk.opened(store)
    (largest,) = recorded(
        desk, store, [desk.command(a_flag("x" * (MAX_BYTES_OF_EVENT - BESIDE_WORDS)), episode)]
    )
    assert isinstance(largest, Answer)
    halves = [desk.command(a_flag("x" * (MAX_BYTES // 2 - BESIDE_WORDS)), episode) for _ in range(2)]
    batch = decided_on(desk, store, halves)
    assert MAX_BYTES * 0.98 < sum(len(event.state) for event in batch.write_set.events) <= MAX_BYTES
    store.write(batch.write_set)
    assert desk.versions(episode) == [1, 2, 3, 4]


async def test_what_does_not_fit_one_transaction_follows_in_the_next(
    desk: Desk, store: PostgresStore
) -> None:
    episode = desk.opened(store)
    async with desk.writer(store) as writer:
        commands = [desk.command(a_flag("x" * 60_000), episode) for _ in range(12)]
        answers = await submitted(
            writer, [*commands, desk.command(a_flag("x" * MAX_BYTES_OF_EVENT), episode)]
        )
    assert [answer.version for answer in answers if isinstance(answer, Answer)] == list(range(2, 14))
    assert isinstance(answers[-1], TooLarge)
    of_a_transaction = "SELECT sum(length(state)) FROM stored_events GROUP BY xmin::text"
    assert all(size <= 192 * 1024 for (size,) in desk.rows(of_a_transaction))
    assert desk.versions(episode) == list(range(1, 14))


def test_without_its_key_a_client_is_redacted_and_nothing_more_is_recorded(
    desk: Desk, store: PostgresStore
) -> None:
    episode = desk.opened(store)
    recorded(desk, store, [desk.command(a_flag(), episode)])
    kept = desk.rows("SELECT key_id, wrapped FROM client_keys")
    desk.rows("UPDATE client_keys SET wrapped = NULL RETURNING 1")
    try:
        command = desk.command(a_flag(), episode)
        batch = decided_on(desk, store, [command])
        folded = batch.read_set.episodes[episode].episode
        assert folded.version == 2, "the clear envelope still tells how far it is"
        ((_, refusal),) = batch.outcomes
        assert isinstance(refusal, RuleBroken)
        assert refusal.rule == "client-erased"
        assert not batch.write_set.events
    finally:
        desk.rows("UPDATE client_keys SET wrapped = %s WHERE key_id = %s RETURNING 1", *reversed(kept[0]))
    assert isinstance(recorded(desk, store, [desk.command(a_flag(), episode)])[0], Answer)


def test_a_client_whose_key_is_missing_is_damaged_and_holds_up_nobody_else(
    desk: Desk, store: PostgresStore
) -> None:
    neighbour = desk.rows(
        "INSERT INTO clients (network_id, client_id, identity) VALUES ('demo', %s, '{}') RETURNING client_id",
        uuid4(),
    )[0][0]
    lost, well = desk.opened(store), desk.opened(store, neighbour)
    cache = Cache(10_000_000)
    cache.keep(store.read([desk.command(a_flag(), well)], cache).episodes)
    taken = "DELETE FROM client_keys WHERE client_id = %s RETURNING network_id, client_id, key_id, wrapped"
    kept = desk.rows(taken, AN_OPENING.client)
    try:
        outcomes = recorded(desk, store, [desk.command(a_flag(), one) for one in (lost, well)])
        assert [type(outcome) for outcome in outcomes] == [Damaged, Answer]
        known = store.read([desk.command(a_flag(), lost)], cache)
        assert (lost in known.episodes, list(known.unreadable)) == (False, [lost])
    finally:
        desk.rows("INSERT INTO client_keys VALUES (%s, %s, %s, %s) RETURNING 1", *kept[0])
    assert isinstance(recorded(desk, store, [desk.command(a_flag(), lost)])[0], Answer)


def test_the_cache_is_bounded_in_bytes_and_drops_what_was_longest_unused(
    desk: Desk, store: PostgresStore
) -> None:
    episodes = [desk.opened(store) for _ in range(3)]
    known = store.read([desk.command(a_flag(), one) for one in episodes], Cache(0)).episodes
    room = sum(cached.weight for cached in known.values())
    cache = Cache(int(FACTOR * room) - 1)
    for identifier in (*episodes, episodes[1]):
        cache.keep({identifier: known[identifier]})
    assert set(cache) == set(episodes[1:])
    cache.keep({episodes[0]: known[episodes[0]]})
    assert set(cache) == {episodes[1], episodes[0]}, "the one longest unused went"
    heavier = replace(known[episodes[0]], weight=room)
    cache.keep({episodes[0]: heavier})
    assert set(cache) == {episodes[1]}, "what is larger than the cache is not kept, and takes no room"
    cache.keep({episodes[0]: known[episodes[0]]})
    assert set(cache) == {episodes[1], episodes[0]}, "and is not counted for ever"
