"""Databases with the tables of a service: each a copy of one that was migrated, a tenth of the time."""

import episodes.migrate
import notifications.migrate
from tests.support.servers.postgres import Database, PostgresServer


def episodes_database(postgres: PostgresServer) -> Database:
    """A database of its own with the tables of the episodes service, and no row."""

    def make_tables(empty: Database) -> None:
        episodes.migrate.migrate(empty.owner_url, "episodes_app")

    return postgres.copied_database("episodes", make_tables)


def notifications_database(postgres: PostgresServer) -> Database:
    """A database of its own with the tables of the notifications service, and no row."""

    def make_tables(empty: Database) -> None:
        notifications.migrate.migrate(empty.owner_url, "notifications_app")

    return postgres.copied_database("notifications", make_tables)
