"""Durable commands beside an application that calls the library's `save` in each request."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql

from bench.machine import Machine, mark, refuse_unmarked
from bench.serving import CONNECTIONS, Target, serving
from bench.table import Row
from tests.support.episodes.api_process import Service
from tests.support.servers.postgres import Database
from tests.support.waiting import eventually

TARGET = 3.0


def measure(machine: Machine) -> Iterator[Row]:
    """Commands per second of both, alternately, with the size of their events."""
    database, theirs = machine.episodes(), machine.postgres.fresh_database("episodes")
    mark(theirs)
    ours, library = [], []
    with (
        serving(database, breadth=machine.breadth) as (target, _),
        _library(theirs, machine.breadth) as other,
    ):
        for _ in range(machine.rounds):
            ours.append(target.load(machine.seconds).per_second)
            library.append(other.load(machine.seconds).per_second)
        sizes = _bytes(database, "stored_events"), _bytes(theirs, "episodes_events")
        print("bytes of an event: {} ours, {} theirs".format(*sizes), file=sys.stderr)
    what = f"durable commands, {CONNECTIONS} connections"
    yield Row(what, ours, "FastAPI and the library's save a request", library, TARGET)


@contextmanager
def _library(database: Database, breadth: int) -> Iterator[Target]:
    refuse_unmarked(database.superuser_url)
    with (
        TemporaryDirectory() as place,
        closing(Service(database, Path(place), ["bench.library_app"], held=False)) as service,
    ):
        api = service.start(database_url=database.superuser_url)  # it makes its own tables
        eventually(api.ready, "the example is ready")
        episodes = [api.http.post("/v1/episodes").json()["id"] for _ in range(breadth)]
        yield Target([api.url], service.token(), episodes, service.keys_dir)


def _bytes(database: Database, log: str) -> int:
    """The size of an assessment in the log."""
    with psycopg.connect(database.superuser_url) as connection:
        size = sql.SQL("SELECT avg(length(state))::int FROM {} WHERE originator_version > 1")
        row = connection.execute(size.format(sql.Identifier(log))).fetchone()
    assert row is not None
    return int(row[0])
