"""The server that other systems are measured on: its password, its durability, its CPU time; and programs."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from bench.machine import mark, refuse_unmarked
from bench.peers.fetched import NotHad
from bench.peers.own_postgres import OwnPostgres, own_postgres, refuse_forgetful
from bench.peers.programs import await_answer, started
from tests.support.servers.kafka import free_port


@pytest.fixture(scope="module")
def server(run_dir: Path) -> Iterator[OwnPostgres]:
    with own_postgres(run_dir / "peers", wal_level="logical") as one:
        yield one


def test_it_is_reached_over_loopback_and_by_its_password_alone(server: OwnPostgres) -> None:
    url = server.for_peer().superuser_url
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW wal_level").fetchone() == ("logical",)
        assert connection.info.host == "127.0.0.1"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(server.password, "another"))


def test_a_database_for_a_peer_has_the_mark(server: OwnPostgres) -> None:
    refuse_unmarked(server.for_peer().superuser_url)


def test_a_server_that_may_forget_is_refused(server: OwnPostgres) -> None:
    database = server.fresh_database("episodes")
    mark(database)
    refuse_forgetful(database.superuser_url)
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{database.name}" SET synchronous_commit = off'.encode())
    with pytest.raises(SystemExit, match="synchronous_commit"):
        refuse_forgetful(database.superuser_url)


def test_the_cpu_time_of_a_connection_that_has_ended_counts(server: OwnPostgres) -> None:
    before = server.cpu_seconds()
    with psycopg.connect(server.superuser_url) as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 2000000)")
        backend = psutil.Process(connection.info.backend_pid)
    backend.wait(60)
    assert server.cpu_seconds() - before > 0.05


def test_a_program_is_killed_with_its_block(tmp_path: Path) -> None:
    with started([sys.executable, "-m", "http.server", "0"], tmp_path, tmp_path / "log", {}) as process:
        assert process.is_running()
    assert process.poll() is not None


def test_a_program_that_ends_is_not_had_and_says_why(tmp_path: Path) -> None:
    log, url = tmp_path / "log", f"http://127.0.0.1:{free_port()}/"
    command = [sys.executable, "-c", "raise SystemExit('an error of its own')"]
    with started(command, tmp_path, log, {}) as process, pytest.raises(NotHad, match="an error of its own"):
        await_answer(url, process, log)


def test_a_program_gets_its_environment_and_answers(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import http.server as it, os; address = ('127.0.0.1', int(os.environ['PEER_PORT']));"
        "it.HTTPServer(address, it.SimpleHTTPRequestHandler).serve_forever()"
    )
    url, log = f"http://127.0.0.1:{port}/", tmp_path / "log"
    with started([sys.executable, "-c", program], tmp_path, log, {"PEER_PORT": str(port)}) as process:
        await_answer(url, process, log)
        assert httpx.get(url).is_success
    assert "PEER_PORT" not in os.environ
