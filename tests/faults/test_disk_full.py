"""The disk of the database is full: callers are told to come back, and what was acknowledged is there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.errors import DiskFull

from tests.faults.checks import each_command_is_stored_once
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.load import Load
from tests.support.servers.small_disk import SmallDisk
from tests.support.waiting import eventually

REFUSALS = 20
LONG_RECORD = "SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 1024 * 1024))"
SHORT_COMMIT = "SELECT pg_logical_emit_message(true, 'ballast', 'x')"
PATIENCE = 500


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with SmallDisk() as disk:
        yield disk


class Refusals(list[httpx.Response]):
    """What the API answers with 5xx from now on."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        api.http.event_hooks = {"response": [self._keep]}

    def _keep(self, answer: httpx.Response) -> None:
        if answer.status_code >= 500:
            answer.read()
            self.append(answer)

    def await_some(self) -> None:
        enough = len(self) + REFUSALS
        eventually(lambda: len(self) >= enough, "commands are refused", within=30)

    def assert_callers_are_told_to_come_back(self) -> None:
        told = {(it.status_code, it.json()["type"], it.headers["retry-after"]) for it in self}
        assert told == {(503, "/problems/unavailable", "1")}


@pytest.mark.parametrize("ends", [False, True], ids=["server refuses", "server ends"])
def test_while_the_disk_is_full_callers_are_told_to_come_back_and_nothing_acknowledged_is_lost(
    disk: SmallDisk, tmp_path: Path, ends: bool
) -> None:
    """Without room for its tables the server refuses; without room for its log it ends."""
    with closing(disk.postgres()) as server, serving(server, tmp_path) as (service, api):
        refusals = Refusals(api)
        load = Load(lambda: api.http, pause=0.02)
        load.prepare(episodes=4)
        with load:
            load.goes_on_for(20)
            service.rows("SELECT pg_switch_wal()")  # room in the log for longer than the tables have
            disk.fill()
            try:
                refusals.await_some()
                if ends:
                    _exhaust_the_log(service)
                    refusals.await_some()
            finally:
                disk.free()
                if ends:
                    server.restart()
            load.goes_on_for(20, within=30)
        refusals.assert_callers_are_told_to_come_back()
        assert load.statuses == {201, 503}
        each_command_is_stored_once(service.rows, load)


def _exhaust_the_log(service: Service) -> None:
    """Long records are refused in the end; then what must not fail does, a commit, and the server with it."""
    for statement in (LONG_RECORD, SHORT_COMMIT) * PATIENCE:
        try:
            service.rows(statement)
        except DiskFull:
            continue
        except psycopg.OperationalError:
            return
    pytest.fail("the server goes on with its log full")
