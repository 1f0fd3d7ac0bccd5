"""The service over a fresh database, the episodes service it meets by HTTP, and an issuer of tokens."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from notifications.migrate import migrate
from tests.notifications.servers import EpisodesService
from tests.notifications.service import Api, Issuer, Notifications
from tests.servers.postgres import Database, PostgresServer


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="session")
def episodes_server() -> Iterator[EpisodesService]:
    with EpisodesService() as server:
        yield server


@pytest.fixture
def episodes(episodes_server: EpisodesService) -> EpisodesService:
    """With an empty log, and consent for everything."""
    episodes_server.forget()
    return episodes_server


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> Database:
    """One database for all these tests; each finds it empty."""
    database = postgres.fresh_database("notifications")
    migrate(database.owner_url, "notifications_app")
    return database


@pytest.fixture
def service(migrated: Database, tmp_path: Path, issuer: Issuer, episodes: EpisodesService) -> Notifications:
    empty(migrated)
    return Notifications(migrated, tmp_path, issuer, episodes.url)


@pytest.fixture(scope="session")
def running_api(
    migrated: Database,
    tmp_path_factory: pytest.TempPathFactory,
    issuer: Issuer,
    episodes_server: EpisodesService,
) -> Iterator[Api]:
    logs = tmp_path_factory.mktemp("api")
    with Api(Notifications(migrated, logs, issuer, episodes_server.url)) as api:
        yield api


@pytest.fixture
def api(running_api: Api, service: Notifications) -> Api:
    """One process for all these tests; it keeps nothing between them."""
    return running_api


def empty(database: Database) -> None:
    """As the superuser: the service itself may delete nothing, and the owner sees no network's rows."""
    tables = ("attempts", "deliveries", "subscriptions", "inbox", "parked")
    learned = ("known_consents", "known_episodes", "seen_events", "positions")
    with psycopg.connect(database.superuser_url) as db:
        for table in (*tables, *learned):
            db.execute(f"DELETE FROM {table}".encode())
