"""A process whose role lacks something says what, and works as soon as the table is in force again."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from episodes.migrate import migrate
from tests.support.databases import episodes_database
from tests.support.episodes.api_process import APP_ROLE, Service
from tests.support.episodes.list_processes import placed
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually


def revoke(database: Database, privilege: str, role: str) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(f"REVOKE {privilege} FROM {role}".encode())


@pytest.mark.parametrize(
    ("privilege", "named"),
    [
        ("INSERT ON TABLE disclosures", "lacks INSERT ON TABLE disclosures:"),
        ("ALL ON SEQUENCE stored_events_notification_id_seq", "USAGE ON SEQUENCE stored_events"),
        ("SELECT ON TABLE client_keys", "SELECT ON TABLE client_keys"),
        ("SELECT ON TABLE alembic_version", "run migrate"),
        ("USAGE ON SCHEMA public", "run migrate"),
    ],
)
def test_the_api_is_not_ready_and_says_what_its_role_lacks(
    postgres: PostgresServer, tmp_path: Path, privilege: str, named: str
) -> None:
    database = episodes_database(postgres)
    revoke(database, privilege, "episodes_api")
    with closing(Service(database, tmp_path)) as service:
        api = service.start()
        answer = api.http.get("/health/ready")
        assert (answer.status_code, named in answer.json()["reason"]) == (503, True), answer.text
        migrate(database.owner_url, APP_ROLE)
        eventually(api.ready, "the API is ready")


def test_the_api_with_the_role_of_another_process_is_not_ready(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    database = episodes_database(postgres)
    with closing(Service(database, tmp_path)) as service:
        answer = service.start(database_url=database.url("relay")).http.get("/health/ready")
    assert answer.status_code == 503


def test_the_projection_waits_and_says_what_its_role_lacks(postgres: PostgresServer, tmp_path: Path) -> None:
    with placed(postgres, tmp_path) as place:
        revoke(place.database, "UPDATE (live) ON TABLE projections", "episodes_project")
        process = place.project()
        assert "lacks UPDATE (live) ON TABLE projections" in process.awaited("grants-missing")["reason"]
        migrate(place.database.owner_url, APP_ROLE)
        process.awaited("leading")
