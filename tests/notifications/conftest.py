"""The service over a fresh database, the episodes service it meets by HTTP, and an issuer of tokens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notifications.servers import EpisodesService
from tests.notifications.service import Issuer, Notifications
from tests.servers.postgres import PostgresServer


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def episodes() -> Iterator[EpisodesService]:
    with EpisodesService() as server:
        yield server


@pytest.fixture
def service(
    postgres: PostgresServer, tmp_path: Path, issuer: Issuer, episodes: EpisodesService
) -> Notifications:
    database = postgres.fresh_database("notifications")
    return Notifications(database, tmp_path, issuer, episodes.url)
