"""The look-ups of the writer: one named statement for each kind of row, all in one round trip."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from psycopg import Connection, Cursor
from psycopg.rows import DictRow

from care_platform.postgres.row_security import SCOPE, scoped
from episodes.event_log.arrays import Bytes, Numbers, Texts, Uuids
from episodes.event_log.snapshot_rows import SINCE_SNAPSHOT

Wanted = Mapping[str, Collection[tuple[Any, ...]]]
"""The keys to look for, by the name of the statement that finds their rows."""

Found = Mapping[str, list[DictRow]]

DIRECTORY = ("clinics", "clients", "staff", "partners")


class Lookup(NamedTuple):
    """A statement over columns of keys, and the type of each column."""

    sql: bytes
    columns: tuple[type[list[Any]], ...]


def _by_key(columns: str, table: str, key: str, column: type[list[Any]] = Uuids) -> Lookup:
    """The statement for rows of a table by key within a network.

    OFFSET 0 makes the planner look each key up in the index. Otherwise it read every row of the network while
    the tables were larger than their statistics said, at a fourth of the rate.
    """
    kind = "bytea" if column is Bytes else "uuid"
    sql = f"""SELECT {columns} FROM unnest(%b::text[], %b::{kind}[]) AS wanted(network, key)
    CROSS JOIN LATERAL (SELECT * FROM {table} WHERE network_id = network AND {key} = key OFFSET 0) AS found"""  # noqa: S608 - our own words
    return Lookup(sql.encode(), (Texts, column))


LOOKUPS: Mapping[str, Lookup] = {
    "receipts": _by_key(
        "network_id, command_id, request_mac, response, asked_as", "command_receipts", "command_id"
    ),
    "references": _by_key("network_id, reference, episode_id, event_id", "source_refs", "reference", Bytes),
    "events": Lookup(
        b"""SELECT originator_id, originator_version, topic, state FROM stored_events
        JOIN unnest(%b::uuid[], %b::bigint[]) AS wanted(episode, version)
        ON originator_id = episode AND originator_version > version ORDER BY originator_version""",
        (Uuids, Numbers),
    ),
    "since_snapshot": Lookup(SINCE_SNAPSHOT.encode(), (Uuids, Bytes)),
    "events_at": Lookup(
        b"""SELECT originator_id, originator_version, topic, state FROM stored_events
        JOIN unnest(%b::uuid[], %b::bigint[]) AS wanted(episode, version)
        ON originator_id = episode AND originator_version = version""",
        (Uuids, Numbers),
    ),
    "references_at": Lookup(
        b"""SELECT originator_id, originator_version, topic, state FROM unnest(%b::bytea[]) AS wanted(event)
        CROSS JOIN LATERAL (
            SELECT * FROM stored_events WHERE substring(state FROM 19 FOR 36) = event OFFSET 0
        ) AS found""",
        (Bytes,),
    ),
    "keys": _by_key("network_id, client_id, key_id, wrapped", "client_keys", "client_id"),
    "client_episodes": _by_key("network_id, client_id, episode_id", "client_episodes", "client_id"),
    "openings": _by_key(
        "network_id, client_id, episode_id, clinic_id, opened_at", "client_episodes", "client_id"
    ),
    "clinics": _by_key("network_id, clinic_id AS id, zone", "clinics", "clinic_id"),
    "clients": _by_key(
        "network_id, client_id AS id, coalesce(identity->>'birth_date', identity->>'born') AS born",
        "clients",
        "client_id",
    ),
    "registrations": _by_key("network_id, client_id, clinic_id", "client_registrations", "client_id"),
    "staff": _by_key("network_id, staff_id AS id, role, licences <> '[]' AS licensed", "staff", "staff_id"),
    "partners": _by_key(
        "network_id, partner_id AS id, kind, organisation, version", "partners", "partner_id"
    ),
}


def look_up(connection: Connection[DictRow], networks: Collection[str], wanted: Wanted) -> Found:
    """The rows found, by statement, as these networks may see them. Events are in the order of versions."""
    with connection.pipeline():  # which is one transaction
        connection.execute(SCOPE, scoped(networks), prepare=True)
        cursors = {name: _execute(connection, LOOKUPS[name], keys) for name, keys in wanted.items() if keys}
        return defaultdict(list, {name: cursor.fetchall() for name, cursor in cursors.items()})


def _execute(
    connection: Connection[DictRow], lookup: Lookup, keys: Collection[tuple[Any, ...]]
) -> Cursor[DictRow]:
    columns = [kind(column) for kind, column in zip(lookup.columns, zip(*keys, strict=True), strict=True)]
    return connection.cursor(binary=True).execute(lookup.sql, columns, prepare=True)
