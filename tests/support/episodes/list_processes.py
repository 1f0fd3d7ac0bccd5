"""A new log, the processes that list its episodes, and the expected list: each episode folded here."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from episodes.episode_list.line import episode_line
from episodes.event_log.folding import folded
from episodes.event_log.tail import Tail
from tests.support.databases import episodes_database
from tests.support.episodes.api_process import NETWORKS
from tests.support.episodes.log_writer import Log
from tests.support.episodes.role_process import Watched
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually

Line = dict[str, Any]
LIVE = """SELECT * FROM episode_list
WHERE build = (SELECT build FROM projections WHERE projection = 'episodes' AND live)"""

POSITION = """SELECT position FROM positions JOIN projections
ON live AND follower = projection || '/' || build"""


@dataclass
class Place:
    """One database with its log and keys."""

    database: Database
    log: Log
    directory: Path
    processes: list[Watched] = field(default_factory=list)

    def project(self, *arguments: str, **settings: str) -> Watched:
        """Start a further process of the role. `settings` are without their prefix."""
        usual = {"DATABASE_URL": self.database.url("project"), "KEYS_DIR": str(self.directory)}
        usual |= {"ENVIRONMENT": "development", "NETWORKS": ",".join(NETWORKS)} | settings
        environment = {f"EPISODES_{name.upper()}": value for name, value in usual.items()}
        process = Watched(self.directory, ("episodes", "project", *arguments), **environment)
        self.processes.append(process)
        return process

    def rebuild(self, **settings: str) -> Watched:
        return self.project("--rebuild", **settings)

    def rows(self, query: str, values: Mapping[str, Any] | None = None) -> list[Line]:
        url = self.database.superuser_url
        with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def lines(self) -> dict[UUID, Line]:
        """What readers see, by episode, without the number of the build."""
        return {row["episode_id"]: row for row in self.rows(LIVE) if row.pop("build")}

    def in_bytes(self) -> list[str]:
        """The rows of the live build, as the server prints them."""
        text = LIVE.replace("SELECT *", "SELECT (episode_list.*)::text AS line, build::text")
        return sorted(row["line"].removeprefix(f"({row['build']},") for row in self.rows(text))

    def builds(self) -> tuple[set[int], set[int]]:
        """The builds that exist, and those that have rows."""
        known = {row["build"] for row in self.rows("SELECT build FROM projections")}
        return known, {row["build"] for row in self.rows("SELECT DISTINCT build FROM episode_list")}

    def position(self) -> int:
        rows = self.rows(POSITION)
        return rows[0]["position"] if rows else 0

    def current(self) -> bool:
        return self.position() == self.log.head()

    def await_current(self, process: Watched, within: float = 30.0) -> None:
        eventually(self.current, "the list is current", within, process)

    def expected(self) -> dict[UUID, Line]:
        """The expected lines: every episode folded on its own, with the current keys."""
        with closing(Tail(self.database.url("project"), self.log.keyring.unwrap, NETWORKS)) as tail:
            clients = self.rows("SELECT network_id, client_id FROM client_keys")
            keys = tail.keys({(row["network_id"], row["client_id"]) for row in clients})
            episodes = self.rows("SELECT DISTINCT originator_id FROM stored_events")
            states = tail.newer({row["originator_id"]: 0 for row in episodes})
        folds = (folded(None, events, keys) for events in states.values())
        return {fold.episode.id: asdict(episode_line(fold.episode)) for fold in folds if fold is not None}

    def assert_right(self) -> None:
        """Check that the list has exactly the episodes in the log, each as its events say."""
        assert self.lines() == self.expected()
        assert self.lines()


@contextmanager
def placed(postgres: PostgresServer, directory: Path, database: Database | None = None) -> Iterator[Place]:
    """A place with nothing in it; or one over `database`, whose keys are in `directory`."""
    database = database or episodes_database(postgres)
    with closing(Log(database, directory)) as log:
        place = Place(database, log, directory)
        try:
            yield place
        finally:
            for process in place.processes:
                process.close()
