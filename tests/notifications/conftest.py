"""The service over a fresh database, the episodes service it meets by HTTP, and an issuer of tokens."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from notifications.adapters.database.migrate import migrate
from tests.notifications.servers import EpisodesService
from tests.notifications.service import Issuer, Notifications
from tests.servers.postgres import Database, PostgresServer


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def episodes() -> Iterator[EpisodesService]:
    with EpisodesService() as server:
        yield server


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


def empty(database: Database) -> None:
    """As its owner: the service itself may delete nothing."""
    with psycopg.connect(database.owner_url) as db:
        found = db.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchone()
        db.execute(f"TRUNCATE {found[0] if found else ''} RESTART IDENTITY".encode())
