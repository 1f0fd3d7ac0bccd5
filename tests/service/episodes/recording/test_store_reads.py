"""How often one batch asks the store: what it names beside its episode is read with everything else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from episodes.domain.care.amendments import EntryAddedTo
from episodes.domain.refusals import Unknown
from episodes.event_log.cache import Cache
from episodes.recording.batch import Batch
from episodes.recording.commands import Answer
from episodes.recording.postgres import read_set
from episodes.recording.postgres.lookup import look_up
from episodes.recording.postgres.store import PostgresStore
from tests.support.episodes.care_facts import a_consent
from tests.support.episodes.scenario import march
from tests.support.episodes.store_and_writer import (
    AN_OPENING,
    CALLER,
    CLIENT,
    Desk,
    a_desk,
    a_flag,
    decided_on,
)
from tests.support.servers.postgres import PostgresServer

A_CONSENT = a_consent(march(2, 9, 30))


@pytest.fixture(scope="module")
def desk(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return a_desk(postgres, tmp_path_factory.mktemp("store-reads"))


@pytest.fixture
def store(desk: Desk) -> Iterator[PostgresStore]:
    store = desk.store()
    yield store
    store.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was looked up, one entry for each round trip."""
    trips: list[Any] = []

    def counted(connection: Any, networks: Any, wanted: Any) -> Any:
        trips.append(wanted)
        return look_up(connection, networks, wanted)

    monkeypatch.setattr(read_set, "look_up", counted)
    return trips


def cached(batch: Batch) -> Cache:
    cache = Cache(10_000_000)
    cache.keep(batch.read_set.episodes)
    return cache


def test_an_episode_that_is_named_costs_a_round_trip_only_where_it_is_not_cached(
    desk: Desk, store: PostgresStore, asked: list[Any]
) -> None:
    before = desk.opened(store)
    known = cached(decided_on(desk, store, [desk.command(a_flag(), before)]))
    opening = desk.command(AN_OPENING)
    continuing = desk.command(replace(AN_OPENING, continues=before))
    for command, cache, trips in (
        (opening, Cache(0), 1),
        (desk.command(a_flag(), before), known, 1),
        (continuing, known, 1),
        (continuing, Cache(0), 2),
    ):
        asked.clear()
        store.read([command], cache)
        assert len(asked) == trips
    asked.clear()
    store.read([opening], Cache(0))
    assert not asked[0]["events"]


def test_an_episode_of_another_network_is_as_little_there_as_none_even_if_both_are_in_one_batch(
    desk: Desk, store: PostgresStore
) -> None:
    before = desk.opened(store)
    desk.rows(
        """INSERT INTO clinics (network_id, clinic_id, zone) SELECT 'apart', clinic_id, zone FROM clinics
        WHERE network_id = 'demo' RETURNING 1"""
    )
    for table in ("staff", "clients"):
        columns = "staff_id, role, licences" if table == "staff" else "client_id, identity"
        desk.rows(
            f"INSERT INTO {table} (network_id, {columns}) SELECT 'apart', {columns} FROM {table} "
            "WHERE network_id = 'demo' RETURNING 1"
        )
    apart = replace(CALLER, network="apart")
    named = [
        desk.command(replace(AN_OPENING, continues=which), caller=caller)
        for caller in (CALLER, apart)
        for which in (before, UUID(int=404))
    ]
    told = [one for _, one in decided_on(desk, store, named).outcomes]
    assert isinstance(told[0], Answer)
    for refusal in told[1:]:
        assert isinstance(refusal, Unknown)
        assert (refusal.rule, refusal.pointer) == ("unknown-episode", "/continues")


def test_a_birth_date_is_read_with_everything_else_and_only_by_commands_that_ask_for_it(
    desk: Desk, store: PostgresStore, asked: list[Any]
) -> None:
    desk.rows('UPDATE clients SET identity = \'{"born": "2012"}\' RETURNING 1')
    before = desk.opened(store)
    known = cached(decided_on(desk, store, [desk.command(a_flag(), before)]))
    consent = desk.command(A_CONSENT, before)
    addition = desk.command(EntryAddedTo(of="episode-opened.1", added={"age": 14}), before)
    for command, cache, trips, born in (
        (desk.command(AN_OPENING), known, 1, "2012"),
        (consent, known, 1, "2012"),
        (consent, Cache(0), 2, "2012"),
        (addition, known, 1, "2012"),
        (desk.command(a_flag(), before), known, 1, None),
        (desk.command(a_flag(), before), Cache(0), 2, None),
    ):
        asked.clear()
        rows = store.read([command], cache).rows
        assert (len(asked), rows.get(("clients", "demo", CLIENT), {}).get("born")) == (trips, born)
    (decided,) = decided_on(desk, store, [consent]).outcomes
    assert isinstance(decided[1], Answer)
    assert b"consent-of-a-minor-alone" in decided[1].body
