"""Alembic at work: upgrades a database."""

from alembic import command, context
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from care_platform.postgres.connecting import connect


def upgrade(scripts: str, owner_url: str, app_role: str) -> None:
    """Run every pending migration among the scripts, which find `app_role` among the attributes of Alembic's
    configuration. Raises the errors of psycopg.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(owner_url), poolclass=NullPool)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", scripts)
        config.attributes.update(connection=connection, app_role=app_role)
        command.upgrade(config, "head")
        connection.commit()


def run_steps() -> None:
    """For the `env.py` of each service: run the migrations on the connection that `upgrade` opened."""
    context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
