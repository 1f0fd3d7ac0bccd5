"""Alembic at work: upgrades a database."""

from collections.abc import Callable

import psycopg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool


def upgrade(
    scripts: str, connect: Callable[[], psycopg.Connection], app_role: str, revision: str = "head"
) -> None:
    """Run every pending migration among the scripts up to the revision, each in a transaction of its own.

    The scripts find `app_role` among the attributes of Alembic's configuration. Raises the errors of psycopg.
    """
    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            config = Config()
            config.set_main_option("script_location", scripts)
            config.attributes.update(connection=connection, app_role=app_role)
            command.upgrade(config, revision)
            connection.commit()
    except DBAPIError as fault:
        if isinstance(fault.orig, psycopg.Error):
            raise fault.orig from None
        raise


def run_steps() -> None:
    """For the `env.py` of each service: run the migrations on the connection that `upgrade` opened."""
    context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
