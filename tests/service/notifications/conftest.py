"""The service over a fresh database, the episodes service it meets by HTTP, and an issuer of tokens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import notifications_database
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.service_process import Api, Issuer, Notifications, empty
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually


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
    return notifications_database(postgres)


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
    """One process for all these tests; it keeps nothing between them.

    The test before may have taken its database away.
    """
    eventually(lambda: running_api.call("GET", "/health/ready").status_code == 200)
    return running_api
