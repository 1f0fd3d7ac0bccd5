"""The server runs out of transaction ids: it is said in time, and why nothing can be recorded at the end."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest

from tests.support.load import Load, client_of, session_body
from tests.support.servers.postgres import WheelPostgres
from tests.support.stack import Stack
from tests.support.waiting import eventually

IDS_OF_A_SEGMENT = 4 * 8192 * 32
"""Transactions whose outcome one file of `pg_xact` keeps, two bits each."""
APIS = ("api", "notifications")


@pytest.fixture
def server(run_dir: Path) -> Iterator[WheelPostgres]:
    """One of its own, in which nothing is vacuumed unless told to."""
    with closing(WheelPostgres(run_dir / f"ids{uuid4().hex[:6]}")) as ours:
        with _superuser(ours) as db:
            db.execute("ALTER SYSTEM SET autovacuum_naptime = '1h'")
            db.execute("ALTER DATABASE template0 ALLOW_CONNECTIONS true")  # only autovacuum enters it else
        yield ours


def test_it_is_said_in_time_and_why_nothing_is_recorded_and_vacuum_mends_it(
    server: WheelPostgres, tmp_path: Path
) -> None:
    with Stack(server, None, tmp_path) as stack, client_of(stack) as http:
        load = Load(lambda: http)
        load.prepare(1)
        assert [_health(stack, api) for api in APIS] == [(200, "")] * 2

        _leave_ids(server, 30_000_000)
        _until(stack, 200, "transaction ids left: VACUUM the database")
        load.deliver_session()

        _leave_ids(server, 2_000_000)
        _until(stack, 503, "no transaction ids left: VACUUM the database")
        refused = load.send(f"{load.episodes[0]}/sessions", session_body(), uuid4())
        assert refused is not None
        assert refused.status_code == 503
        assert http.get(load.episodes[0]).status_code == 200

        _vacuum(server)
        _until(stack, 200, "")
        load.deliver_session()


def _until(stack: Stack, status: int, said: str) -> None:
    for api in APIS:
        eventually(partial(_is, stack, api, status, said), f"{api}: {status} {said}")


def _is(stack: Stack, api: str, status: int, said: str) -> bool:
    health = _health(stack, api)
    return health[0] == status and (said in health[1] if said else not health[1])


def _health(stack: Stack, api: str) -> tuple[int, str]:
    """The status, and whatever is said beside it."""
    answer = httpx.get(f"{stack.url(api)}/health/ready")
    told: dict[str, Any] = answer.json()
    return answer.status_code, " ".join([*told.get("warnings", []), told.get("reason", "")]).strip()


def _leave_ids(server: WheelPostgres, left: int) -> None:
    """So many transactions may begin before what is oldest would seem to lie in the future."""
    with _superuser(server) as db:
        ages = db.execute("SELECT min(datfrozenxid::text::bigint) FROM pg_database").fetchone()
        place = db.execute("SHOW data_directory").fetchone()
    assert ages
    assert place
    following = (ages[0] + 2**31 - left) % 2**32
    data = Path(place[0])

    def change(run: Callable[..., psutil.Popen]) -> None:
        segment = data / "pg_xact" / f"{following // IDS_OF_A_SEGMENT:04X}"
        segment.write_bytes(bytes(IDS_OF_A_SEGMENT // 4))
        os.chown(segment, data.stat().st_uid, data.stat().st_gid)
        segment.chmod(0o600)
        assert run("pg_resetwal", "-x", str(following), "-D", str(data)).wait() == 0

    server.stopped(change)


def _vacuum(server: WheelPostgres) -> None:
    with _superuser(server) as db:
        names = [name for (name,) in db.execute("SELECT datname FROM pg_database")]
    for name in names:
        with psycopg.connect(server.superuser_url, dbname=name, autocommit=True) as db:
            db.execute("VACUUM (FREEZE)")


def _superuser(server: WheelPostgres) -> psycopg.Connection:
    return psycopg.connect(server.superuser_url, autocommit=True)
