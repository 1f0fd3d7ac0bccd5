"""What the migration makes of a directory from before: registrations from episodes, and pairs that stay."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from episodes.migrate import complete, migrate
from tests.support.episodes.api_process import APP_ROLE, serving
from tests.support.episodes.directory_calls import IDENTITY, Two
from tests.support.servers.postgres import PostgresServer

AS_BEFORE = """
DROP FUNCTION next_version CASCADE;
DROP TABLE client_registrations, directory_changes, former_identities, identity_accesses;
ALTER TABLE clinics DROP version;
ALTER TABLE partners DROP version;
ALTER TABLE clients DROP version;
ALTER TABLE staff DROP version, DROP clinics;
ALTER TABLE client_identifiers DROP compared_system, DROP compared_value, DROP told_apart;
DROP FUNCTION compared_form, refuse_change_of_history;
DROP TABLE store_identity, held_back, retired_networks, published_topics, episode_snapshots;
ALTER TABLE client_episodes DROP clinic_id, DROP opened_at;
UPDATE alembic_version SET version_num = '0009';
"""
A_PAIR = (
    "INSERT INTO client_identifiers (network_id, system, value, client_id) VALUES ('demo', 'old', %s, %s)"
)
UNREADABLE = """INSERT INTO stored_events (originator_id, originator_version, topic, state)
VALUES (gen_random_uuid(), 1, 'episode-opened.1', '\\x01000000057b7b7b7b7b')"""


@pytest.fixture
def two(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with serving(postgres, tmp_path_factory.mktemp("before")) as (service, api):
        yield Two(service, api)


def _id(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


def test_a_directory_from_before_is_registered_by_its_episodes(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    cared, uncared = two.client(), two.client()
    assert two.open(cared, two.ours, two.asks("coordinator", two.ours)).status_code == 201
    with psycopg.connect(two.service.database.superuser_url) as connection:
        connection.execute(AS_BEFORE.encode())
        connection.execute("ALTER TABLE stored_events DROP CONSTRAINT header_of_its_row")
        connection.execute(UNREADABLE.encode())
        for path, value in ((cared, "1 "), (uncared, "1")):
            connection.execute(A_PAIR.encode(), (value, _id(path)))
    migrate(two.service.database.owner_url, APP_ROLE)
    said = capsys.readouterr().out
    assert f"{_id(uncared)}, {_id(cared)}" in said.replace("'", "")
    desk, officer = two.asks("coordinator", two.ours), two.asks("privacy_officer", everywhere=True)
    assert two.get(cared, desk).json()["clinics"] == [two.ours]
    assert two.get(cared, two.asks("coordinator", two.theirs)).status_code == 404
    assert two.get(uncared, desk).status_code == 404
    assert two.get(uncared, officer).json()["clinics"] == []
    assert two.get(f"{cared}/history", officer).json()["changes"][0]["how"] == "migrated"
    for path, value in ((cared, "1 "), (uncared, "1")):
        [found] = two.get("/v1/clients", officer, identifier=f"old|{value}").json()["clients"]
        assert UUID(found["id"]) == _id(path)


def test_what_older_processes_opened_meanwhile_is_registered_once_they_are_gone(two: Two) -> None:
    path, clinic = two.client(), two.theirs
    assert two.open(path, clinic, two.asks("service", everywhere=True)).status_code == 201
    with psycopg.connect(two.service.database.superuser_url) as connection:
        connection.execute("SET session_replication_role = 'replica'")
        connection.execute("DELETE FROM client_registrations WHERE clinic_id = %s", (clinic,))
    desk = two.asks("coordinator", clinic)
    assert two.get(path, desk).status_code == 404
    complete(two.service.database.owner_url)
    assert two.get(path, desk).status_code == 200


def test_what_an_older_process_changes_is_another_version(two: Two) -> None:
    """It knows no versions; a caller who read before must not overwrite what it wrote."""
    path, desk = two.client(), two.asks("coordinator", two.ours)
    read = two.get(path, desk)
    two.service.rows("UPDATE clients SET identity = identity WHERE client_id = %s RETURNING 1", _id(path))
    assert two.put(path, IDENTITY | {"name": "Ben"}, desk, read.headers["etag"]).status_code == 412
    newest = two.get(path, desk).headers["etag"]
    assert two.put(path, IDENTITY | {"name": "Ben"}, desk, newest).status_code == 204
