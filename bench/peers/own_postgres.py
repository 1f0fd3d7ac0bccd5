"""A PostgreSQL of the run's own, which a peer can reach: over loopback, with passwords, for all alike."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import psutil
import psycopg
from psycopg import sql

from bench.machine import mark
from bench.peers.fetched import NotHad
from laptop.postgres import PostgresFailed
from laptop.unprivileged import PostgresUnavailable
from tests.support.servers.kafka import free_port
from tests.support.servers.postgres import Database, WheelPostgres

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
"""What must be on, so that a commit survives the machine."""


class OwnPostgres(WheelPostgres):
    """The embedded server, listening on the loopback interface too."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        port, self.password = str(free_port()), secrets.token_hex(16)
        super().__init__(data_dir, {"listen_addresses": "127.0.0.1", "port": port, **settings})
        try:
            self._let_in(data_dir / "pg_hba.conf")
        except BaseException:
            self.close()
            raise
        self.superuser_url = f"postgresql://postgres:{self.password}@127.0.0.1:{port}/postgres"
        self.environment = {
            "PGHOST": "127.0.0.1",
            "PGPORT": port,
            "PGUSER": "postgres",
            "PGPASSWORD": self.password,
        }
        """What libpq and its like read to connect as the superuser."""

    def _let_in(self, rules: Path) -> None:
        """Accept passwords over loopback, where the embedded server refuses everybody."""
        rules.write_text(rules.read_text().replace("reject", "scram-sha-256"))
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(self.password))
            connection.execute("SELECT pg_reload_conf()")

    def for_peer(self) -> Database:
        """An empty database, marked as one for loading."""
        database = self.fresh_database("episodes")
        mark(database)
        return database

    def cpu_seconds(self) -> float:
        """The CPU time of the server and of every process it ever had."""
        assert self._server.pid is not None
        postmaster = psutil.Process(self._server.pid)
        ended = postmaster.cpu_times()
        return cpu_seconds(postmaster, *postmaster.children()) + ended.children_user + ended.children_system


@contextmanager
def own_postgres(data_dir: Path, **settings: str) -> Iterator[OwnPostgres]:
    """A new server, ended afterwards. Raises `NotHad`."""
    try:
        server = OwnPostgres(data_dir, settings)
    except (PostgresUnavailable, PostgresFailed) as missing:
        raise NotHad(f"needs a PostgreSQL of its own: {missing}") from missing
    try:
        yield server
    finally:
        server.close()


def cpu_seconds(*processes: psutil.Process) -> float:
    """The CPU time that these processes have used. One that has ended counts for nothing."""
    used = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return used


def refuse_forgetful(url: str) -> None:
    """Check, as this role in this database, that what is committed is on the disk. Ends the run otherwise."""
    with psycopg.connect(url) as connection:
        for name in DURABLE:
            value = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            if value != ("on",):
                raise SystemExit(f"{name} is {value}, so commits are not durable: no figure makes that good")
