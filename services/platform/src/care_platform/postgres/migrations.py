"""Brings a database to the release of its service, as its owner; the service may only use the tables."""

from dataclasses import dataclass
from importlib.resources import files

import psycopg
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool


@dataclass(frozen=True, slots=True)
class Migrations:
    """The steps of one service: a package with `versions` and an `env.py` that calls `run_steps`.

    `lock` is an advisory lock, so that two migrations at once wait for one another.
    """

    package: str
    lock: int

    def run(self, owner_url: str, app_role: str) -> str:
        """Run every step not run yet, each in a transaction; gives the revision reached.

        `app_role` may read and write what the steps grant it; they find its name, quoted, among the
        attributes of Alembic's configuration. Raises the errors of psycopg.
        """
        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url), poolclass=NullPool
        )
        with psycopg.connect(owner_url, autocommit=True) as guard, engine.connect() as connection:
            guard.execute("SELECT pg_advisory_lock(%s)", (self.lock,))
            config = self._config()
            config.attributes.update(connection=connection, app_role=_quoted(app_role))
            command.upgrade(config, "head")
            connection.commit()
        return self.newest()

    def newest(self) -> str:
        """The revision this release needs."""
        head = ScriptDirectory.from_config(self._config()).get_current_head()
        assert head is not None
        return head

    def _config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(files(self.package)))
        return config


def run_steps() -> None:
    """What the `env.py` of each service does: run the steps on the connection that `Migrations.run` made."""
    context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
