"""Only the relay that took over last moves the position, and holds back or releases anything."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from episodes.event_log.positions import claim, move
from episodes.event_log.recorder import connect_to_log
from episodes.event_log.tail import Tail, UnknownNetwork
from episodes.processes.follower import Deposed
from episodes.processes.held_back import Held
from episodes.processes.held_rows import HeldRows
from episodes.processes.leadership import Leadership
from episodes.publishing.relay import records
from tests.support.databases import episodes_database
from tests.support.episodes.held_rows import nothing_held
from tests.support.episodes.log_writer import Log, opening
from tests.support.episodes.relay_process import PUBLIC_URL
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
def database(postgres: PostgresServer) -> Database:
    return episodes_database(postgres)


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Iterator[Log]:
    with closing(Log(database, tmp_path)) as log:
        yield log


def test_an_older_claim_moves_nothing(database: Database) -> None:
    with connect_to_log(database.url("relay")) as connection:
        older = claim(connection, "kafka")
        assert move(connection, older, 5)
        newer = claim(connection, "kafka")
        assert newer.position == 5
        assert not move(connection, older, 6)
        assert claim(connection, "kafka").position == 5
        assert not move(connection, newer, 6)


def test_two_relays_cannot_lead_at_once(database: Database) -> None:
    first, second = (Leadership(database.url("relay"), "relay kafka", lost=_unexpected) for _ in range(2))
    try:
        assert first.tried()
        assert not second.tried()
        first.release()
        eventually(second.tried, "the other takes over")
    finally:
        first.release()
        second.release()


def test_another_office_is_led_beside(database: Database) -> None:
    one, other = (
        Leadership(database.url("relay"), it, lost=_unexpected) for it in ("relay kafka", "project episodes")
    )
    try:
        assert one.tried()
        assert other.tried()
    finally:
        one.release()
        other.release()


def _unexpected() -> None:
    raise AssertionError("the lock was lost")


def test_the_keys_of_a_network_that_is_not_configured_are_not_taken_for_destroyed(
    database: Database, log: Log
) -> None:
    """Whatever lets its events pass."""
    episode = log.episode("elsewhere")
    log.record([(episode, opening(episode))])
    with (
        closing(Tail(database.url("relay"), log.keyring.unwrap, ["demo"])) as tail,
        pytest.raises(UnknownNetwork, match=r"^elsewhere$"),
    ):
        list(records(tail.page(0, 10), tail, PUBLIC_URL, nothing_held("elsewhere")))


def test_only_the_latest_claim_holds_anything_back_or_releases_it(database: Database) -> None:
    with connect_to_log(database.url("relay")) as connection:
        older = HeldRows(connection, claim(connection, "kafka"))
        held = Held("network", "elsewhere", 5, "not configured")
        older.hold(held)
        newer = HeldRows(connection, claim(connection, "kafka"))
        assert newer.held() == [held]
        with pytest.raises(Deposed):
            older.hold(held._replace(after=9))
        with pytest.raises(Deposed):
            older.release("network", "elsewhere")
        assert newer.held() == [held]
        newer.hold(held._replace(after=7))
        assert newer.held() == [held._replace(after=7)]
        newer.release("network", "elsewhere")
        assert newer.held() == []
