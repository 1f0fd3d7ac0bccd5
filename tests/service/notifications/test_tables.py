"""The tables: made by the owner, kept apart by network, and nothing is ever deleted."""

import psycopg
import pytest

from notifications.migrate import migrate, newest
from tests.support.notifications.service_process import Notifications
from tests.support.servers.postgres import PostgresServer

NO_NETWORK_IN_ITS_KEY = {"positions", "alembic_version", "compatibility", "sealing_keys"}


def test_migrating_twice_changes_nothing(postgres: PostgresServer) -> None:
    database = postgres.fresh_database("notifications")
    migrate(database.owner_url, "notifications_app")
    migrate(database.owner_url, "notifications_app")
    with psycopg.connect(database.url("api")) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchone() == (newest(),)


def test_every_key_of_every_table_holds_the_network(service: Notifications) -> None:
    keys = service.rows(
        "SELECT t.relname AS table_name, ARRAY(SELECT attname::text FROM pg_attribute"
        "  WHERE attrelid = t.oid AND attnum = ANY (i.indkey)) AS columns, a.attnotnull AS required"
        " FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
        " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'network_id'"
        " WHERE n.nspname = 'public'"
    )
    ours = [key for key in keys if key["table_name"] not in NO_NETWORK_IN_ITS_KEY]
    assert len({key["table_name"] for key in ours}) == 12
    assert all("network_id" in key["columns"] and key["required"] for key in ours)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM deliveries", "DELETE FROM seen_events", "TRUNCATE inbox", "DROP TABLE parked"],
)
def test_the_service_itself_can_delete_nothing(service: Notifications, statement: str) -> None:
    with (
        psycopg.connect(service.database.url("api")) as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        db.execute(statement.encode())
