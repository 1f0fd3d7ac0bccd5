"""Processes of two releases on one store: nothing is written that one of them cannot read."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from episodes.http.examples import EXAMPLES
from episodes.migrate import complete, newest
from tests.support.databases import episodes_database
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually

ASSESSED = {**EXAMPLES["AssessedCommand"], "stage": "ad_hoc"}
LATER = "9999"


def change(database: Database, sql: str) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(sql.encode())


def formats(service: Service) -> list[int]:
    """The formats of all events, in the order of recording."""
    rows = service.rows("SELECT get_byte(state, 0) AS format FROM stored_events ORDER BY notification_id")
    return [row["format"] for row in rows]


def started(service: Service) -> Api:
    api = service.start()
    eventually(api.ready, "the API is ready")
    return api


def test_the_new_format_is_written_once_all_processes_read_it(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with serving(postgres, tmp_path) as (service, api):
        assert api.terminated() == 0
        change(service.database, "UPDATE compatibility SET compatible_from = '0005'")
        before = started(service)
        path = before.opened()
        all_replaced = subprocess.run(
            [sys.executable, "-m", "episodes", "migrate", "--all-replaced"],
            env=os.environ | {"EPISODES_OWNER_DATABASE_URL": service.database.owner_url},
            capture_output=True,
            text=True,
            check=True,
        )
        assert newest() in all_replaced.stdout
        assert before.record(f"{path}/assessments", ASSESSED).status_code == 201
        after = started(service)
        assert after.record(f"{path}/assessments", ASSESSED).status_code == 201
        assert formats(service) == [1, 2, 2]
        documents = [api.http.get(f"{path}/history").json() for api in (before, after)]
        assert documents[0] == documents[1]
        assert len(documents[0]["events"]) == 3


def test_an_earlier_release_takes_back_nothing(postgres: PostgresServer) -> None:
    database = episodes_database(postgres)
    change(database, f"UPDATE compatibility SET compatible_from = '{LATER}'")
    assert complete(database.owner_url) == LATER


def test_a_store_without_events_takes_the_new_format_at_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with serving(postgres, tmp_path) as (service, api):
        api.opened()
        assert formats(service) == [2]


def test_a_process_stays_ready_while_the_store_is_at_a_later_revision_that_it_can_read(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with serving(postgres, tmp_path) as (service, api):
        change(service.database, f"UPDATE alembic_version SET version_num = '{LATER}'")
        assert api.ready()
        change(service.database, f"UPDATE compatibility SET compatible_from = '{LATER}'")
        answer = api.http.get("/health/ready")
        assert answer.status_code == 503
        assert "only a later release can read" in answer.text


def test_a_process_is_not_ready_before_its_migrations(postgres: PostgresServer, tmp_path: Path) -> None:
    with serving(postgres, tmp_path) as (service, api):
        change(service.database, "UPDATE alembic_version SET version_num = '0004'")
        assert api.http.get("/health/ready").status_code == 503
