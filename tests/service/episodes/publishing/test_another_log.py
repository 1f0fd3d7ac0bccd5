"""A backup is restored: a position from after it is noticed, and nothing recorded since is passed over."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from episodes.__main__ import restored as begin
from episodes.config import Settings
from episodes.publishing.another_log import WARNING
from tests.support.databases import backed_up, episodes_database, restore
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import refused
from tests.support.episodes.log_writer import Episode, Log, opening, session
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually


class Restored:
    """A service whose database was backed up with two events, and restored when it had five."""

    def __init__(self, postgres: PostgresServer, service: Service, api: Api) -> None:
        self._postgres = postgres
        self.service = service
        self.api = api
        self.episode: Episode | None = None
        self._record(2)
        self.in_backup = self.end()
        api.close()
        self.backup = backed_up(postgres, service.database)
        self._start()
        self.lost = self._record(3)
        self.ahead = self.end()
        api.close()
        self.put_back()

    def put_back(self, *command: str) -> None:
        """Restore the backup, with an operator's command before the service starts."""
        self.api.close()
        restore(self._postgres, self.service.database, self.backup)
        if command:
            self.service.told(*command, owner_database_url=self.service.database.owner_url)
        self._start()

    def _start(self) -> None:
        self.api = self.service.start()
        eventually(self.api.ready, "the API is ready")

    def _record(self, count: int) -> list[str]:
        with closing(Log(self.service.database, self.service.keys_dir)) as log:
            episode = self.episode = log.episode()
            facts = [opening(episode), *(session() for _ in range(count - 1))]
            recorded = log.record(((episode, fact) for fact in facts), timedelta(minutes=20))
        return [str(header.event_id) for header in recorded]

    record = _record

    def feed(self, **query: str | int) -> Any:
        answer = self.api.http.get("/v1/feed", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, **query: str | int) -> list[str]:
        return [event["id"] for event in self.feed(**query)["events"]]

    def end(self) -> str:
        return str(self.feed(limit=1_000)["next"])

    def refused(self, after: str, path: str = "/v1/feed", name: str = "after") -> None:
        refused(self.api.http.get(path, params={name: after}), 410, "another-log")

    @property
    def readiness(self) -> Any:
        answer = self.api.http.get("/health/ready")
        assert answer.status_code == 200
        return answer.json()

    @property
    def alarmed(self) -> bool:
        shown = "episodes_another_log 1.0" in self.api.http.get("/metrics").text
        assert shown == (self.readiness == {"ready": True, "warnings": [WARNING]})
        assert shown == ("position of another log" in self.api.log_until_now)
        return shown


@pytest.fixture
def restored(postgres: PostgresServer, tmp_path: Path) -> Iterator[Restored]:
    with serving(postgres, tmp_path) as (service, api):
        yield Restored(postgres, service, api)


def test_a_position_past_the_end_is_of_another_log_and_the_restore_is_named(restored: Restored) -> None:
    assert restored.end() == restored.in_backup
    assert not restored.alarmed
    restored.refused("p5")
    assert not restored.alarmed, "anybody can write a number"
    restored.refused(restored.ahead)
    assert restored.alarmed


def test_a_position_on_another_event_is_of_another_log(restored: Restored) -> None:
    """Though the log has grown past it."""
    recorded = restored.record(6)
    restored.refused(restored.ahead)
    assert restored.alarmed
    assert restored.ids(limit=1_000)[2:] == recorded


def test_a_position_from_before_the_backup_reads_on(restored: Restored) -> None:
    recorded = restored.record(6)
    assert restored.ids(after=restored.in_backup) == recorded
    assert restored.feed(after=restored.end(), wait=1)["events"] == []
    assert not restored.alarmed


def test_a_walk_over_all_episodes_begins_anew_like_the_feed(restored: Restored) -> None:
    for name in ("after", "up_to"):
        restored.refused(restored.ahead, "/v1/published-sequences", name)
    assert restored.alarmed


def test_in_a_new_epoch_every_earlier_position_reads_on_and_a_later_one_does_not(restored: Restored) -> None:
    restored.put_back("restored")
    assert restored.feed(after=restored.ahead)["events"] == []
    recorded = restored.record(3)
    for after in (restored.ahead, restored.in_backup, "p5"):
        assert restored.ids(after=after) == recorded
    [first] = restored.service.rows(
        "SELECT min(notification_id) AS place FROM stored_events WHERE notification_id > 5"
    )
    assert first["place"] == 2**40 + 1
    end = restored.end()
    assert restored.feed(after=end)["events"] == []
    assert not restored.alarmed
    restored.put_back()
    restored.refused(end)
    assert restored.alarmed


def test_no_epoch_begins_while_somebody_may_record(restored: Restored) -> None:
    owner = restored.service.database.owner_url
    assert "episodes_api" in restored.service.told("restored", code=1, owner_database_url=owner)
    assert restored.service.rows("SELECT epoch FROM store_identity") == [{"epoch": 0}]


def test_an_epoch_that_two_restores_began_is_another_log_until_it_is_begun_again(restored: Restored) -> None:
    restored.put_back("restored")
    restored.record(3)
    ahead = restored.end()
    restored.put_back("restored")
    restored.refused(ahead)
    restored.api.close()
    owner = restored.service.database.owner_url
    assert "epoch 2" in restored.service.told("restored", owner_database_url=owner)
    restored._start()
    recorded = restored.record(6)
    assert restored.ids(after=ahead) == recorded


def test_a_backup_of_an_earlier_release_or_a_wrong_role_is_told_in_a_sentence(
    postgres: PostgresServer,
) -> None:
    database = episodes_database(postgres)

    def refusal(address: str) -> str:
        with pytest.raises(SystemExit) as ended:
            begin(Settings(environment="development", owner_database_url=address), Namespace())
        return str(ended.value)

    assert refusal(database.url("api")).startswith("this is not the role for it: permission denied")
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("DROP TABLE store_identity")
    assert refusal(database.owner_url).endswith("run migrate first")


def test_positions_that_a_refused_batch_burned_are_not_another_log(restored: Restored) -> None:
    """The newest position is of a row, whatever was drawn after it."""
    end = restored.end()
    with psycopg.connect(restored.service.database.superuser_url) as connection:
        connection.execute("SELECT nextval('stored_events_notification_id_seq') FROM generate_series(1, 9)")
    assert restored.feed(after=end, wait=1)["events"] == []
    recorded = restored.record(2)
    assert restored.ids(after=end) == recorded
    assert restored.ids(after="p6") == recorded, "a number between two positions"
