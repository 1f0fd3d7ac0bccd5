"""Migrates a database to the release of its service, as its owner. The processes may only use the tables."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg

from care_platform.postgres.compatibility import BEYOND, COMPATIBLE_FROM, raise_to
from care_platform.postgres.connecting import connect
from care_platform.postgres.grants import Grant, Permission
from care_platform.postgres.lock_waits import LockWaits

_REVISION = re.compile(r'^((?:down_)?revision)\b.*= "(\w+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of one service: a package with `versions` and an `env.py` that calls `run_steps`.

    `lock` is an advisory lock that makes concurrent runs wait for one another. `grants` is the table of what
    each process's role may do.
    """

    package: str
    lock: int
    grants: tuple[Grant, ...]
    of_earlier: tuple[Permission, ...] = ()
    """What the shared role of earlier releases needs of what their tables have gained since."""

    def run(
        self,
        owner_url: str,
        app_role: str,
        retire: bool = False,
        say: Callable[[str], object] = lambda _: None,
    ) -> str:
        """Run every pending migration, each in a transaction, then make the catalog equal to the table of
        grants. Returns the revision reached. `say` is told whom it waits for.

        A store that a later release has migrated is left as it is. `app_role` is the one role that all
        processes of earlier releases share. It keeps its rights, if there is such a role, until it is to
        `retire`. Raises the errors of psycopg and of `granting`, and `StoreBeyond`.
        """
        waits = LockWaits(owner_url, say)
        with waits.connect(autocommit=True) as connection:
            locked = "SELECT pg_advisory_lock(%s)"
            waits.until_free(lambda: connection.execute(locked, (self.lock,)))
            if ahead := waits.until_free(lambda: self._ahead(connection)):
                say(f"the store is at {ahead}, ahead of this release ({self.newest()}): nothing to do")
                return ahead
            return waits.until_free(lambda: self._upgraded(connection, waits.connect, app_role, retire))

    def _upgraded(
        self,
        connection: psycopg.Connection,
        connect: Callable[[], psycopg.Connection],
        app_role: str,
        retire: bool,
    ) -> str:
        # Loaded here, because every process asks for `newest` and Alembic takes a third of a second to load.
        from care_platform.postgres import granting
        from care_platform.postgres.alembic_run import upgrade

        granting.refuse_missing(connection, self.grants)
        upgrade(str(files(self.package)), connect, _grantee(connection, app_role, self.grants[0].role))
        if retire:
            granting.retire(connection, app_role)
        granting.settle(connection, self.grants, app_role, self.of_earlier)
        return self.newest()

    def _ahead(self, connection: psycopg.Connection) -> str | None:
        """The revision of a store that a later release has migrated. Raises `StoreBeyond`."""
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None or row[0] in self._chain():
            return None
        compatible = connection.execute(COMPATIBLE_FROM).fetchone()
        if compatible is not None and compatible[0] > self.newest():
            raise StoreBeyond(f"{BEYOND}: it is at {row[0]}, this release at {self.newest()}")
        return str(row[0])

    def complete(self, owner_url: str, *before: str) -> str:
        """Record that no process of an earlier release runs any more, after these statements. Returns the
        revision that all have: this release's, or the later one that was recorded before, since what is
        written stays. Raises the errors of psycopg.
        """
        with connect(owner_url) as connection:
            for statement in before:
                connection.execute(statement.encode())
            return raise_to(connection, self.newest())

    def newest(self) -> str:
        """The revision that this release needs: the one that no other follows."""
        chain = self._chain()
        [newest] = chain.keys() - chain.values()
        return newest

    def _chain(self) -> dict[str, str | None]:
        """Every revision of this release, with the one before it."""
        found = [dict(_REVISION.findall(it.read_text())) for it in _sources(files(self.package) / "versions")]
        return {named["revision"]: named.get("down_revision") for named in found if named}


class StoreBeyond(Exception):
    """The store holds what this release cannot read."""


def _sources(versions: Traversable) -> list[Traversable]:
    return [file for file in versions.iterdir() if file.name.endswith(".py")]


def _grantee(connection: psycopg.Connection, app_role: str, stand_in: str) -> str:
    """Whom the migrations of earlier releases grant what they grant, quoted.

    Without the shared role it is another one of the table, to which only what the table says is left.
    """
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (app_role,)).fetchone()
    return '"' + (app_role if exists else stand_in).replace('"', '""') + '"'
