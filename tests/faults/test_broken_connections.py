"""A lost answer to a COMMIT, connections that break, hang or crawl, and tables that are not there yet."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from episodes.http.examples import EXAMPLES
from episodes.migrate import migrate
from episodes.processes.watchdog import EXIT_CODE
from tests.faults.proxy import Proxy
from tests.support.episodes.api_process import APP_ROLE, Api, Service, fill_directory, serving
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import PATIENCE, eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]


@pytest.fixture(scope="module")
def served(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Api]]:
    with serving(postgres, tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture
def proxy(served: tuple[Service, Api]) -> Iterator[Proxy]:
    with Proxy(served[0].database.url("api")) as proxy:
        yield proxy


@pytest.fixture
def api(served: tuple[Service, Api], proxy: Proxy) -> Iterator[Api]:
    """A process that reaches the database by way of the proxy."""
    api = served[0].start(database_url=proxy.url)
    eventually(api.ready, "the API is ready")
    yield api
    proxy.flow()
    api.close()


def test_a_command_whose_commit_is_not_answered_is_recorded_once_and_answered(
    served: tuple[Service, Api], proxy: Proxy, api: Api
) -> None:
    episode = api.opened()
    for version in range(2, 6):
        proxy.commits_to_lose = 1
        key = uuid4()
        answer = api.record(f"{episode}/red-flags", FLAG, key)
        assert proxy.commits_to_lose == 0, "the answer was lost"
        assert answer.status_code == 201, answer.text
        assert answer.json()["episode"]["version"] == version
        assert answer.content == served[1].record(f"{episode}/red-flags", FLAG, key).content
    assert len(api.http.get(f"{episode}/history").json()["events"]) == 5


def test_after_a_cut_and_over_a_slow_line_commands_are_recorded(proxy: Proxy, api: Api) -> None:
    episode = api.opened()
    proxy.delay = 0.05
    assert api.record(f"{episode}/red-flags", FLAG).status_code == 201
    proxy.delay = 0.0
    for _ in range(3):
        proxy.cut()
        key = uuid4()

        def recorded(key=key) -> bool:  # type: ignore[no-untyped-def]
            return api.record(f"{episode}/red-flags", FLAG, key).status_code == 201

        eventually(recorded, "recorded after a cut", within=5)
    assert len(api.http.get(f"{episode}/history").json()["events"]) == 5


def test_a_store_that_refuses_is_told_of_and_found_again(proxy: Proxy, api: Api) -> None:
    episode = api.opened()
    proxy.refuse()
    began = time.monotonic()
    answer = api.record(f"{episode}/red-flags", FLAG)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert time.monotonic() - began < 3 * PATIENCE
    assert not api.ready()
    assert api.http.get("/health/live").status_code == 200
    proxy.flow()
    eventually(api.ready, "ready again", within=10)
    assert api.record(f"{episode}/red-flags", FLAG).json()["episode"]["version"] == 2


def test_a_process_whose_store_call_hangs_ends(proxy: Proxy, api: Api) -> None:
    episode = api.opened()
    proxy.hang()
    began = time.monotonic()
    answer = api.record(f"{episode}/red-flags", FLAG)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert time.monotonic() - began < 3 * PATIENCE
    assert api.process.wait(13 * PATIENCE) == EXIT_CODE
    assert "store call hangs" in api.log


def test_a_service_started_before_its_tables_is_unready_and_recovers(
    postgres: PostgresServer, served: tuple[Service, Api], tmp_path: Path
) -> None:
    database = postgres.fresh_database("episodes")
    service = Service(replace(database), tmp_path)
    api = service.start()
    try:
        unready = api.http.get("/health/ready")
        assert (unready.status_code, "run migrate" in unready.json()["reason"]) == (503, True)
        refused = api.record(f"/v1/episodes/{uuid4()}/red-flags", FLAG)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert api.http.get(f"/v1/episodes/{uuid4()}").status_code == 503
        migrate(database.owner_url, APP_ROLE)
        eventually(api.ready, "ready after the migration", within=10)
        fill_directory(api)
        assert api.record(f"{api.opened()}/red-flags", FLAG).status_code == 201
    finally:
        service.close()
