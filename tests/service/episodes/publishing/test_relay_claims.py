"""Only the relay that took over last moves the position, and no event it cannot publish is passed over."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from episodes.event_log.positions import claim, move
from episodes.event_log.recorder import connect_to_log
from episodes.event_log.tail import Tail, UnknownNetwork
from episodes.processes.follower import FromLaterReleaseError
from episodes.processes.leadership import Leadership
from episodes.publishing.relay import records
from tests.support.databases import episodes_database
from tests.support.episodes.log_writer import Log, opening
from tests.support.episodes.relay_process import PUBLIC_URL
from tests.support.episodes.stored_rows import unheard_of
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


def test_an_event_of_a_later_release_is_not_passed_over(database: Database, log: Log) -> None:
    episode = log.episode()
    log.record([(episode, opening(episode))])
    with closing(Tail(database.url("relay"), log.keyring.unwrap, ["demo"])) as tail:
        page = tail.page(0, 10)
        assert len(list(records(page, tail, PUBLIC_URL))) == 1
        of_later = [unheard_of(event) for event in page]
        with pytest.raises(FromLaterReleaseError, match=r"^unheard-of\.1$"):
            list(records(of_later, tail, PUBLIC_URL))


def _unexpected() -> None:
    raise AssertionError("the lock was lost")


def test_the_keys_of_a_network_that_is_not_configured_are_not_taken_for_destroyed(
    database: Database, log: Log
) -> None:
    episode = log.episode("elsewhere")
    log.record([(episode, opening(episode))])
    with (
        closing(Tail(database.url("relay"), log.keyring.unwrap, ["demo"])) as tail,
        pytest.raises(UnknownNetwork, match=r"^elsewhere$"),
    ):
        list(records(tail.page(0, 10), tail, PUBLIC_URL))
