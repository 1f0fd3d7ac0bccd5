"""Durable commands over HTTP, beside the empty command and beside one row per transaction under the lock."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg

from bench.table import Row
from episodes.adapters.database.migrate import migrate
from episodes.adapters.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.servers.kafka import free_port
from tests.servers.postgres import PostgresServer

CONNECTIONS = 64
EPISODES = 2_000
STATE_BYTES = 900
"""About what one sealed assessment takes in the log."""


@dataclass(frozen=True)
class Load:
    """What the load generator saw: answers per second, and the middle and slow latency in milliseconds."""

    per_second: float
    p50: float
    p99: float


def measure(postgres: PostgresServer, rounds: int, seconds: int) -> Iterator[Row]:
    """Three figures a round, in turn, so that a slow minute of the machine is everybody's."""
    if shutil.which("wrk") is None:
        raise SystemExit("the load comes from `wrk`: install it (Debian: apt-get install wrk)")
    database = postgres.fresh_database("episodes")
    migrate(database.owner_url, "episodes_app")
    with tempfile.TemporaryDirectory() as directory, _serving(database.app_url, Path(directory)) as service:
        empty, short, durable, bare = [], [], [], []
        for number in range(rounds):
            empty.append(service.load("empty", 3 * number, seconds).per_second)
            durable.append(service.load("assessments", 3 * number + 1, seconds).per_second)
            short.append(service.load("empty-short", 3 * number + 2, seconds).per_second)
            bare.append(asyncio.run(_one_row_each(database.superuser_url, seconds)))
    what = "durable commands, 64 connections"
    yield Row(what, durable, "empty command", empty, 0.45)
    yield Row(what, durable, "empty command on our shorter way", short, None)
    yield Row(what, durable, "one row per transaction, same lock", bare, 1.5)


@dataclass(frozen=True)
class _Service:
    base: str
    token: str
    files: Path

    def load(self, resource: str, run: int, seconds: int) -> Load:
        paths = self.files / "paths"
        episodes = (self.files / "episodes").read_text().split()
        paths.write_text("\n".join(f"/v1/episodes/{episode}/{resource}" for episode in episodes))
        command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s"]
        command += ["-s", str(Path(__file__).with_name("load.lua")), self.base]
        command += ["--", str(paths), str(self.files / "body"), self.token, str(run)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 30)
        result = next(line.split() for line in done.stdout.splitlines() if line.startswith("RESULT"))
        if result[2] != "0":
            raise SystemExit(f"{result[2]} answers were errors: the figure would mean nothing")
        return Load(float(result[1]), float(result[3]), float(result[4]))


@contextmanager
def _serving(url: str, files: Path) -> Iterator[_Service]:
    port = free_port()
    environment = {
        **os.environ,
        "EPISODES_DATABASE_URL": url,
        "EPISODES_PORT": str(port),
        "EPISODES_KEYS_DIR": str(files / "keys"),
        "EPISODES_JWKS_FILE": str(files / "jwks.json"),
    }
    process = subprocess.Popen([sys.executable, "-m", "bench.app"], env=environment)
    try:
        base = f"http://127.0.0.1:{port}"
        _wait_until_ready(base)
        issue = [sys.executable, "-m", "episodes", "token", "issue", "--role", "service"]
        token = subprocess.check_output(issue, env=environment, text=True).strip()
        _prepare(base, token, files)
        yield _Service(base, token, files)
    finally:
        process.terminate()
        process.wait(10)


def _prepare(base: str, token: str, files: Path) -> None:
    """A directory, and episodes to write to."""
    for path, body in (
        (f"clinics/{CLINIC}", "Clinic"),
        (f"staff/{THERAPIST}", "Staff"),
        (f"partners/{PARTNER}", "Partner"),
        (f"clients/{CLIENT}", "Client"),
    ):
        _send("PUT", f"{base}/v1/{path}", token, EXAMPLES[body])
    opening = EXAMPLES["EpisodeOpenedCommand"]
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda _: _send("POST", f"{base}/v1/episodes", token, opening), range(EPISODES))
        (files / "episodes").write_text("\n".join(answer["episode"]["id"] for answer in answers))
    (files / "body").write_text(json.dumps({**EXAMPLES["AssessedCommand"], "stage": "ad_hoc"}))


def _send(method: str, url: str, token: str, body: object) -> dict[str, dict[str, str]]:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid4()),
    }
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


def _wait_until_ready(base: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{base}/health/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the service did not become ready")


async def _one_row_each(superuser_url: str, seconds: int) -> float:
    """Rows a second by a bare client: lock, insert, commit, as the library does, one row a time."""
    async with await psycopg.AsyncConnection.connect(superuser_url, autocommit=True) as connection:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS bare_log (id bigserial PRIMARY KEY, state bytea)"
        )
    ends = time.perf_counter() + seconds
    began = time.perf_counter()
    written = await asyncio.gather(*(_insert(superuser_url, ends) for _ in range(CONNECTIONS)))
    return sum(written) / (time.perf_counter() - began)


async def _insert(url: str, ends: float) -> int:
    state, count = os.urandom(STATE_BYTES), 0
    async with await psycopg.AsyncConnection.connect(url) as connection:
        while time.perf_counter() < ends:
            await connection.execute("LOCK TABLE bare_log IN EXCLUSIVE MODE")
            await connection.execute("INSERT INTO bare_log (state) VALUES (%s)", (state,))
            await connection.commit()
            count += 1
    return count
