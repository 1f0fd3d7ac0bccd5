"""A PostgreSQL server that provides a new database for every test or module."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg import sql

from laptop.databases import (
    close_large_objects,
    close_maintenance_databases,
    create_database,
    create_roles,
)
from laptop.postgres import EmbeddedPostgres
from tests.support.servers.killing import Killable

_PASSWORD = "care-test"  # for servers that ask; the embedded one trusts its socket
_SYNCED_AT_ONCE = """SELECT 1 FROM pg_settings
WHERE name = 'recovery_init_sync_method' AND 'syncfs' = ANY (enumvals)"""


@dataclass(frozen=True)
class Database:
    """The addresses of one database of a service for the different roles."""

    name: str
    service: str
    superuser_url: str

    def url(self, process: str) -> str:
        """As the role of this process alone, such as `relay`."""
        return _address(self.superuser_url, self.name, f"{self.service}_{process}")

    @property
    def owner_url(self) -> str:
        return self.url("owner")


class PostgresServer(Killable):
    """The operations of every server, and the faults that tests can cause in their own."""

    origin: str
    superuser_url: str

    def __init__(self) -> None:
        self._made: list[str] = []
        self._templates: dict[str, str] = {}

    @property
    def description(self) -> str:
        """A description such as `PostgreSQL 18.4 (wheel)`."""
        with psycopg.connect(self.superuser_url) as connection:
            version = connection.info.parameter_status("server_version") or "?"
        return f"PostgreSQL {version.split()[0]} ({self.origin})"

    def copied_database(self, service: str, make_tables: Callable[[Database], None]) -> Database:
        """A copy of the database in which `make_tables` has created this service's tables, once per run."""
        if service not in self._templates:
            template = self.fresh_database(service)
            make_tables(template)
            self._templates[service] = template.name
        return self.fresh_database(service, self._templates[service])

    def fresh_database(self, service: str, template: str = "template1") -> Database:
        """A new database for `episodes` or `notifications`, owned by that service's owner role."""
        name = f"{service}_{uuid4().hex[:10]}"
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            create_roles(connection, service, _PASSWORD)
            create_database(connection, service, name, template)
        self._made.append(name)
        if template == "template1":
            close_large_objects(self.superuser_url, name)
        return Database(name, service, _address(self.superuser_url, name))

    def close_to_services(self) -> None:
        """Close the databases that every server has to the services' roles, on a server that is ours."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            close_maintenance_databases(connection)

    def drop_databases(self) -> None:
        """Drop the databases, to leave a server that is not ours as it was."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            for name in self._made:
                statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                connection.execute(statement.format(sql.Identifier(name)))

    @abstractmethod
    def close(self) -> None:
        """Remove everything."""


class ForeignPostgres(PostgresServer):
    """An existing server that we did not start."""

    origin = "CARE_TEST_POSTGRES_URL"

    def __init__(self, superuser_url: str) -> None:
        super().__init__()
        self.superuser_url = superuser_url

    def kill(self) -> None:
        pytest.skip("the PostgreSQL of CARE_TEST_POSTGRES_URL is not ours to kill")

    def restart(self) -> None:
        pytest.skip("the PostgreSQL of CARE_TEST_POSTGRES_URL is not ours to restart")

    def close(self) -> None:
        self.drop_databases()


class WheelPostgres(PostgresServer):
    """The embedded server, with a data directory for this test run."""

    origin = "wheel"

    def __init__(self, data_dir: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """`settings` of PostgreSQL are added to those of the laptop."""
        super().__init__()
        self._server = EmbeddedPostgres(data_dir, settings)
        self._server.start()
        self.superuser_url = self._server.url()
        self.close_to_services()
        self._recover_quickly()

    def kill(self) -> None:
        if self._server.pid is not None:
            postmaster = psutil.Process(self._server.pid)
            for process in (postmaster, *postmaster.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):  # all end by themselves soon after the postmaster
                    process.kill()
            postmaster.wait(60)

    def restart(self) -> None:
        self._server.start()

    def close(self) -> None:
        self._server.stop()

    def stopped(self, change: Callable[[Callable[..., psutil.Popen]], None]) -> None:
        """Stop the server, let `change` run the server's own programs, each with its arguments, start it."""
        self._server.stop()
        try:
            change(self._server._run)
        finally:
            self._server.start()

    def _recover_quickly(self) -> None:
        """After a kill its disk is synced at once, where the system can, and not file by file.

        The databases of a run come to tens of thousands of files, and so to a minute before it answers.
        """
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            if connection.execute(_SYNCED_AT_ONCE).fetchone():
                connection.execute("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'")


def _address(url: str, database: str, role: str | None = None) -> str:
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    if role is not None:
        login = f"{role}:{_PASSWORD}"
    return urlunsplit(parts._replace(netloc=f"{login}@{place}", path=f"/{database}"))
