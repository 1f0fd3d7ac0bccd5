"""Brings the database to the newest tables, as its owner; safe to run twice or by two at once."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

_ONE_AT_A_TIME = 0x6E6F7469


def migrate(owner_url: str, app_role: str) -> None:
    """`app_role` may read and write what the steps grant it, and change no table."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url), poolclass=NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        config.attributes.update(connection=connection, app_role=app_role)
        command.upgrade(config, "head")
