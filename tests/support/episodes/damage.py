"""What a bad sector, or somebody with the server's files, could do to the log."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.support.servers.postgres import Database

HEADER, SEAL = "200", "length(state) - 1"
"""A byte in the clear header of a stored event, and one of its seal."""


def on_disk(database: Database, statement: str, *values: object) -> list[dict[str, Any]]:
    """Execute a statement that no trigger sees."""
    with psycopg.connect(database.superuser_url, row_factory=dict_row) as connection:
        connection.execute("SET session_replication_role = replica")
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def flip(database: Database, episode: UUID, version: int, byte: str = SEAL) -> None:
    """Flip the bits of one byte of an event; the same again mends it."""
    on_disk(
        database,
        f"UPDATE stored_events SET state = set_byte(state, {byte}, 255 - get_byte(state, {byte}))"
        " WHERE originator_id = %s AND originator_version = %s",
        episode,
        version,
    )


def damage_key(database: Database, client: UUID) -> None:
    """The wrapped key of a client opens no more; the same again mends it."""
    on_disk(
        database,
        "UPDATE client_keys SET wrapped = set_byte(wrapped, 20, 255 - get_byte(wrapped, 20))"
        " WHERE client_id = %s",
        client,
    )


def held_back(database: Database) -> list[dict[str, Any]]:
    """What followers of the log hold back."""
    return on_disk(database, "SELECT kind, name, after FROM held_back ORDER BY follower, name")
