"""What every measurement gets: the servers of this run, and how long to measure."""

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.databases import episodes_database
from tests.support.servers.discovery import find_kafka, find_postgres, make_run_dir, remove_run_dir
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import Database, PostgresServer

BREADTH = 2_000
"""Over how many episodes a quick run spreads its commands."""
MARK = "care episodes: a bench's, to be dropped"


class NotOurs(Exception):
    """The database was not created for a measurement, so nothing is loaded into it."""


@dataclass(frozen=True)
class Machine:
    """`rounds` of `seconds` each. `full` allows preparations that take minutes."""

    run_dir: Path
    postgres: PostgresServer
    rounds: int
    seconds: float
    full: bool

    @property
    def breadth(self) -> int:
        """Over how many episodes commands are spread, so that none becomes unrealistically long."""
        return 5 * BREADTH if self.full else BREADTH

    @cached_property
    def kafka(self) -> KafkaBroker:
        """The broker, started when first used. Raises `NoServer`."""
        return find_kafka(self.run_dir)

    def facts(self) -> Mapping[str, object]:
        """A description of the machine. The load is that of the minute before the first measurement."""
        return {
            "server": self.postgres.description,
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2),
            "system": platform.platform(),
            "python": platform.python_version(),
            "rounds": self.rounds,
            "seconds": self.seconds,
        }

    def episodes(self) -> Database:
        """A new migrated database, marked as one for loading."""
        database = episodes_database(self.postgres)
        mark(database)
        return database


@contextmanager
def machine(rounds: int, seconds: float, full: bool) -> Iterator[Machine]:
    """The servers, which are removed at the end."""
    run_dir = make_run_dir()
    one = Machine(run_dir, find_postgres(run_dir), rounds, seconds, full)
    try:
        yield one
    finally:
        if "kafka" in vars(one):
            one.kafka.close()
        one.postgres.close()
        remove_run_dir(run_dir)


def mark(database: Database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(comment.format(sql.Identifier(database.name), MARK))


def refuse_unmarked(url: str) -> None:
    """Check that the database has the mark, so that no real records are touched. Raises `NotOurs`."""
    with psycopg.connect(url) as connection:
        said = (
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        if connection.execute(said).fetchone() != (MARK,):
            raise NotOurs(connection.info.dbname)
