"""Migrates a database to the release of its service, as its owner. The service may only use the tables."""

import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_REVISION = re.compile(r'^(down_)?revision\b.*= "(\w+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of one service: a package with `versions` and an `env.py` that calls `run_steps`.

    `lock` is an advisory lock that makes concurrent runs wait for one another.
    """

    package: str
    lock: int

    def run(self, owner_url: str, app_role: str) -> str:
        """Run every pending migration, each in a transaction. Returns the revision reached.

        `app_role` may read and write what the migrations grant it; they find its name, quoted, among the
        attributes of Alembic's configuration. Raises the errors of psycopg.
        """
        # Loaded here, because every process asks for `newest` and Alembic takes a third of a second to load.
        from care_platform.postgres.alembic_run import upgrade

        upgrade(str(files(self.package)), self.lock, owner_url, _quoted(app_role))
        return self.newest()

    def newest(self) -> str:
        """The revision that this release needs: the one that no other follows."""
        found = [_REVISION.findall(it.read_text()) for it in _sources(files(self.package) / "versions")]
        revisions: set[str] = {name for matches in found for down, name in matches if not down}
        [newest] = revisions - {name for matches in found for down, name in matches if down}
        return newest


def _sources(versions: Traversable) -> list[Traversable]:
    return [file for file in versions.iterdir() if file.name.endswith(".py")]


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
