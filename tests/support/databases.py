"""Databases with the tables of a service: copies of a migrated one, which take a tenth of the time."""

import psycopg
from psycopg import sql

import episodes.migrate
import notifications.migrate
from tests.support.servers.postgres import Database, PostgresServer


def episodes_database(postgres: PostgresServer) -> Database:
    """A new database with the tables of the episodes service, all empty."""

    def make_tables(empty: Database) -> None:
        episodes.migrate.migrate(empty.owner_url, "episodes_app")

    return postgres.copied_database("episodes", make_tables)


def notifications_database(postgres: PostgresServer) -> Database:
    """A new database with the tables of the notifications service, all empty."""

    def make_tables(empty: Database) -> None:
        notifications.migrate.migrate(empty.owner_url, "notifications_app")

    return postgres.copied_database("notifications", make_tables)


def backed_up(postgres: PostgresServer, database: Database) -> str:
    """A backup of the database as it is now, whose processes must have ended: its name, for `restore`."""
    backup = f"{database.name}_backup"
    _copy(postgres, database, database.name, backup)
    return backup


def restore(postgres: PostgresServer, database: Database, backup: str) -> None:
    """Put the backup in the place of the database, whose processes must have ended."""
    _copy(postgres, database, backup, database.name)


def _copy(postgres: PostgresServer, database: Database, source: str, target: str) -> None:
    names = {
        "source": sql.Identifier(source),
        "target": sql.Identifier(target),
        "owner": sql.Identifier(f"{database.service}_owner"),
    }
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY (%s)",
            ([source, target],),
        )
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {target} WITH (FORCE)").format(**names))
        connection.execute(
            sql.SQL("CREATE DATABASE {target} TEMPLATE {source} OWNER {owner}").format(**names)
        )
