"""Databases with the tables of a service: copies of a migrated one, which take a tenth of the time."""

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
