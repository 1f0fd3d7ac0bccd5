"""Migrates a database to the release of its service, as its owner. The processes may only use the tables."""

import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg

from care_platform.postgres.connecting import connect
from care_platform.postgres.grants import Grant, Permission

_REVISION = re.compile(r'^(down_)?revision\b.*= "(\w+)"', re.MULTILINE)


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

    def run(self, owner_url: str, app_role: str, retire: bool = False) -> str:
        """Run every pending migration, each in a transaction, then make the catalog equal to the table of
        grants. Returns the revision reached.

        `app_role` is the one role that all processes of earlier releases share. It keeps its rights, if there
        is such a role, until it is to `retire`. Raises the errors of psycopg and of `granting`.
        """
        # Loaded here, because every process asks for `newest` and Alembic takes a third of a second to load.
        from care_platform.postgres import granting
        from care_platform.postgres.alembic_run import upgrade

        with connect(owner_url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (self.lock,))
            granting.refuse_missing(connection, self.grants)
            upgrade(str(files(self.package)), owner_url, _grantee(connection, app_role, self.grants[0].role))
            if retire:
                granting.retire(connection, app_role)
            granting.settle(connection, self.grants, app_role, self.of_earlier)
        return self.newest()

    def newest(self) -> str:
        """The revision that this release needs: the one that no other follows."""
        found = [_REVISION.findall(it.read_text()) for it in _sources(files(self.package) / "versions")]
        revisions: set[str] = {name for matches in found for down, name in matches if not down}
        [newest] = revisions - {name for matches in found for down, name in matches if down}
        return newest


def _sources(versions: Traversable) -> list[Traversable]:
    return [file for file in versions.iterdir() if file.name.endswith(".py")]


def _grantee(connection: psycopg.Connection, app_role: str, stand_in: str) -> str:
    """Whom the migrations of earlier releases grant what they grant, quoted.

    Without the shared role it is another one of the table, to which only what the table says is left.
    """
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (app_role,)).fetchone()
    return '"' + (app_role if exists else stand_in).replace('"', '""') + '"'
