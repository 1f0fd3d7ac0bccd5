"""A pooler that keeps no sessions is recognised when connecting, and refused with its reason."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from care_platform.postgres.connecting import NoSession, connect, connect_async
from tests.support.databases import episodes_database, notifications_database
from tests.support.episodes.api_process import Service
from tests.support.episodes.list_processes import placed
from tests.support.notifications.service_process import Api, Issuer, Notifications
from tests.support.servers.pooler import DROPPING, pgbouncer, pooling
from tests.support.servers.postgres import PostgresServer, WheelPostgres
from tests.support.waiting import eventually

SAYS = str(NoSession())
PASSED_ON = "SET care.session = ours"


@pytest.fixture
def before(postgres: PostgresServer, unproven: Callable[[str], None]) -> PostgresServer:
    """The server that PgBouncer stands before."""
    if pgbouncer() is None:
        unproven("Poolers: not tested, needs pgbouncer")
        pytest.skip("needs pgbouncer")
    if not isinstance(postgres, WheelPostgres):
        unproven("Poolers: not tested, needs the embedded PostgreSQL")
        pytest.skip("needs the embedded PostgreSQL")
    return postgres


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize(("ignored", "first"), [("", ""), (DROPPING, ""), (DROPPING, PASSED_ON)])
def test_a_connection_through_it_is_refused(
    before: PostgresServer, mode: str, ignored: str, first: str
) -> None:
    """Whether it refuses our options, drops them, or has them on all of its own connections."""
    with pooling(episodes_database(before).url("api"), mode, ignored, first) as pooled:
        with pytest.raises(NoSession):
            connect(pooled)
        with pytest.raises(NoSession):
            asyncio.run(connect_async(pooled))


def test_one_that_pools_by_session_and_passes_options_on_will_do(before: PostgresServer) -> None:
    url = episodes_database(before).url("api")
    with pooling(url, "session", DROPPING, PASSED_ON) as pooled, closing(connect(pooled)) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    with pooling(url, "session", DROPPING) as pooled, pytest.raises(NoSession):
        connect(pooled)


def test_the_apis_are_not_ready_and_say_so(before: PostgresServer, tmp_path: Path) -> None:
    database, issuer = notifications_database(before), Issuer(tmp_path)
    notifications = Notifications(database, tmp_path, issuer, "http://127.0.0.1:1")
    with (
        pooling(database.url("api"), "transaction", DROPPING) as pooled,
        Api(notifications, database_url=pooled) as api,
    ):
        answer = api.call("GET", "/health/ready")
        assert (answer.status_code, SAYS in answer.json()["reason"]) == (503, True), answer.text
    with (
        closing(Service(database := episodes_database(before), tmp_path / "episodes")) as service,
        pooling(database.url("api"), "transaction", DROPPING) as pooled,
    ):
        started = service.start(database_url=pooled)
        answer = started.http.get("/health/ready")
        assert (answer.status_code, SAYS in answer.json()["reason"]) == (503, True), answer.text
        assert started.http.get(f"/v1/episodes/{uuid4()}").status_code == 503


def test_the_other_roles_wait_and_say_so(before: PostgresServer, tmp_path: Path) -> None:
    database, issuer = notifications_database(before), Issuer(tmp_path)
    service = Notifications(database, tmp_path, issuer, "http://127.0.0.1:1")
    with (
        pooling(database.url("consume"), "transaction", DROPPING) as pooled,
        service.running("consume", database_url=pooled),
    ):
        eventually(lambda: SAYS in service.log_of("consume"))
    with placed(before, tmp_path / "lists") as place:
        pooler = pooling(place.database.url("project"), "transaction", DROPPING)
        with pooler as pooled:
            process = place.project(database_url=pooled)
            assert process.awaited("store-unreachable")["reason"] == SAYS
