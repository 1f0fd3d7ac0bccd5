"""Migrates a database to the release of its service, as its owner. The service may only use the tables."""

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
        """The revision that this release needs."""
        head = ScriptDirectory.from_config(self._config()).get_current_head()
        assert head is not None
        return head

    def _config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(files(self.package)))
        return config


def run_steps() -> None:
    """For the `env.py` of each service: run the migrations on the connection that `Migrations.run` opened."""
    context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
