"""The tables: made once, equal to the library's own, and a log that only grows."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import errors
from psycopg.rows import dict_row

from episodes.event_log.recorder import SingleConnectionDatastore
from episodes.migrate import migrate, newest
from tests.support.episodes.api_process import APP_ROLE
from tests.support.episodes.store_and_writer import Desk
from tests.support.servers.postgres import PostgresServer


@pytest.mark.parametrize("role", ["owner", "app"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE stored_events SET topic = 'other'",
        "DELETE FROM stored_events",
        "TRUNCATE stored_events",
        "INSERT INTO stored_events SELECT * FROM stored_events "
        "ON CONFLICT (originator_id, originator_version) DO UPDATE SET topic = 'other'",
    ],
)
def test_the_log_only_grows(desk: Desk, role: str, change: str) -> None:
    before = desk.rows("SELECT * FROM stored_events")
    url = desk.database.owner_url if role == "owner" else desk.database.url("api")
    with (
        psycopg.connect(url) as connection,
        pytest.raises((errors.RaiseException, errors.InsufficientPrivilege)),
    ):
        connection.execute(change.encode())
    assert desk.rows("SELECT * FROM stored_events") == before


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE public.mine (id int)",
        "ALTER TABLE stored_events DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON stored_events",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE stored_events",
        "SET session_replication_role = 'replica'",
        "UPDATE command_receipts SET status = 200",
        "DELETE FROM command_receipts",
    ],
)
def test_the_service_may_use_the_tables_and_not_change_them(desk: Desk, change: str) -> None:
    with psycopg.connect(desk.database.url("api")) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(change.encode())


def test_migrating_twice_and_two_at_once_is_as_migrating_once(postgres: PostgresServer) -> None:
    database = postgres.fresh_database("episodes")
    with ThreadPoolExecutor(2) as operators:
        reached = [operators.submit(migrate, database.owner_url, APP_ROLE) for _ in range(2)]
        assert [it.result(30) for it in reached] == [newest()] * 2
    assert migrate(database.owner_url, APP_ROLE) == newest()


def test_the_log_is_the_table_the_library_would_make(postgres: PostgresServer, tmp_path: Path) -> None:
    ours, theirs = (postgres.fresh_database("episodes") for _ in range(2))
    migrate(ours.owner_url, APP_ROLE)
    with psycopg.connect(theirs.owner_url, row_factory=dict_row, autocommit=True) as connection:
        recorder = PostgresApplicationRecorder(SingleConnectionDatastore(connection))
        for statement in recorder.sql_create_statements:
            if "FUNCTION" not in statement.as_string():
                connection.execute(statement)
    made, expected = _described(ours.owner_url), _described(theirs.owner_url)
    assert made["type"] == expected["type"] != []
    assert made["columns"] == expected["columns"] != []
    assert made["options"] == expected["options"]
    assert expected["indexes"] <= made["indexes"]


def test_every_table_of_ours_belongs_to_a_network(desk: Desk) -> None:
    """But for the log, whose headers say it, and what holds no network's data."""
    without = desk.rows(
        """SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'network_id' AND a.attnotnull
            AND a.attnum = ANY(i.indkey)
        WHERE c.relnamespace = 'public'::regnamespace AND a.attname IS NULL"""
    )
    assert {name for (name,) in without} == {
        *("stored_events", "positions", "projections", "alembic_version", "compatibility", "master_keys"),
        *("store_identity", "held_back", "retired_networks", "published_topics"),
    }


def _described(url: str) -> dict[str, Any]:
    columns = """SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum"""
    with psycopg.connect(url) as connection:
        type_id = "SELECT typrelid FROM pg_type WHERE typname = 'stored_event_uuid'"
        (of_type,) = connection.execute(type_id).fetchone() or (0,)
        options = connection.execute("SELECT reloptions FROM pg_class WHERE relname = 'stored_events'")
        indexes = "SELECT indexdef FROM pg_indexes WHERE tablename = 'stored_events'"
        return {
            "type": connection.execute(columns, (of_type,)).fetchall(),
            "columns": connection.execute(columns, ("stored_events",)).fetchall(),
            "options": sorted((options.fetchone() or ([],))[0]),
            "indexes": {re.sub(r"INDEX \w+", "INDEX", row[0]) for row in connection.execute(indexes)},
        }
