"""Brings the database to this release, as its owner; the service itself may only use the tables."""

from importlib.resources import files

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

_MIGRATIONS = "episodes.migrations"
_LOCK = 4_207_391
"""An advisory lock, so that two migrations at once wait for one another."""


def migrate(owner_url: str, app_role: str) -> str:
    """Run every migration not run yet; gives the revision reached. Raises psycopg's errors."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url), poolclass=NullPool
    )
    with psycopg.connect(owner_url, autocommit=True) as guard, engine.connect() as connection:
        guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        config = _config()
        config.attributes["connection"] = connection
        config.attributes["app_role"] = _quoted(app_role)
        command.upgrade(config, "head")
        connection.commit()
    return newest()


def newest() -> str:
    """The revision this release needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(_MIGRATIONS)))
    return config


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
