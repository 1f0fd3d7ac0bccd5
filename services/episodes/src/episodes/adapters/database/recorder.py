"""The library's recorder on one connection of ours, with receipts, references and keys in its transaction.

The library's own pool and retries are not used: they block for minutes when the database is away.
A recorder lives and dies with its connection, because one built while tables were missing never recovers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, Cursor, connect
from psycopg import Error as DatabaseError
from psycopg.errors import PipelineAborted
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL

from episodes.adapters.crash_points import crash_point
from episodes.adapters.database.arrays import Bytes, Numbers, Texts, Uuids, register
from episodes.adapters.database.scoping import SCOPE, scoped
from episodes.application.known import Writing

LOCK_TIMEOUT = 5
"""Seconds a batch waits for the log's lock."""

APPENDING = 0x617070656E64
"""The advisory lock under which positions are drawn and committed in one order. The library locks the table,
but so does VACUUM, also by itself once a minute: each then stopped the other, for a second every time.
"""

_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "statement_timeout=8000",
        # A writer paused between insert and COMMIT would hold the log's lock against all others.
        "idle_in_transaction_session_timeout=5000",
        # Every query here finds few rows by a key. A plan made while the tables were small, or with their
        # statistics behind, would read them whole, and be kept.
        "enable_seqscan=off",
        "enable_hashjoin=off",
        "enable_mergejoin=off",
        "plan_cache_mode=force_generic_plan",
    )
)
_EVENTS = """INSERT INTO stored_events (originator_id, originator_version, topic, state)
SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[]) RETURNING notification_id"""
_KEYS = """INSERT INTO client_keys (network_id, client_id, key_id, wrapped)
SELECT * FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::bytea[]) ORDER BY 1, 2"""
_RECEIPTS = """INSERT INTO command_receipts (network_id, command_id, request_mac, status, response)
SELECT n, c, m, 201, r FROM unnest(%b::text[], %b::uuid[], %b::bytea[], %b::bytea[]) AS w(n, c, m, r)
ORDER BY 1, 2"""
_OPENINGS = """INSERT INTO client_episodes (network_id, client_id, episode_id)
SELECT * FROM unnest(%b::text[], %b::uuid[], %b::uuid[]) ORDER BY 1, 2, 3"""
_SUBJECTS = """INSERT INTO client_subjects (network_id, client_id, partner_id, subject)
SELECT * FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::uuid[]) ORDER BY 1, 2, 3"""
_REFERENCES = """INSERT INTO source_refs (network_id, reference, episode_id, event_id)
SELECT * FROM unnest(%b::text[], %b::bytea[], %b::uuid[], %b::uuid[]) ORDER BY 1, 2"""


class OneConnection(PostgresDatastore):
    """The library's datastore over a single connection that belongs to one thread."""

    def __init__(self, connection: Connection[DictRow]) -> None:
        super().__init__("", "", "", "", "", lock_timeout=LOCK_TIMEOUT)
        self._connection = connection

    @contextmanager
    def get_connection(self) -> Iterator[Connection[DictRow]]:
        """Errors stay psycopg's: the caller tells a refusal from a lost connection."""
        yield self._connection


class EventRecorder(PostgresApplicationRecorder):
    """Writes what belongs to a batch before its events.

    Each table is written in key order, so that two batches cannot lock each other out.
    `refused_by` is what the database said when it refused the events or something before them.
    """

    refused_by: DatabaseError | None = None

    def __init__(self, datastore: OneConnection) -> None:
        super().__init__(datastore)
        self.lock_table_statements = [
            SQL("SET LOCAL lock_timeout = '{}s'").format(LOCK_TIMEOUT),
            SQL("SELECT pg_advisory_xact_lock({})").format(APPENDING),
        ]

    def _insert_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> None:
        writing: Writing = kwargs["writing"]
        curs.execute(SCOPE, scoped({network for network, _ in writing.receipts}), prepare=True)
        if writing.keys:
            networks, clients = zip(*writing.keys, strict=True)
            ids, wrapped = zip(*writing.keys.values(), strict=True)
            columns = (Texts(networks), Uuids(clients), Uuids(ids), Bytes(wrapped))
            curs.execute(_KEYS, columns, prepare=True)
        if writing.openings:
            networks, clients, episodes = zip(*writing.openings, strict=True)
            opened = (Texts(networks), Uuids(clients), Uuids(episodes))
            curs.execute(_OPENINGS, opened, prepare=True)
        if writing.subjects:
            networks, clients, partners = zip(*writing.subjects, strict=True)
            known_as = Uuids(writing.subjects.values())
            curs.execute(
                _SUBJECTS, (Texts(networks), Uuids(clients), Uuids(partners), known_as), prepare=True
            )
        networks, commands = zip(*writing.receipts, strict=True)
        receipts = writing.receipts.values()
        macs, bodies = Bytes(r.mac for r in receipts), Bytes(r.body for r in receipts)
        curs.execute(_RECEIPTS, (Texts(networks), Uuids(commands), macs, bodies), prepare=True)
        if writing.references:
            networks, hashes = zip(*writing.references, strict=True)
            episodes, events = zip(*writing.references.values(), strict=True)
            found_at = (Uuids(episodes), Uuids(events))
            curs.execute(_REFERENCES, (Texts(networks), Bytes(hashes), *found_at), prepare=True)

    def _insert_stored_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **_: Any
    ) -> None:
        """As the library's, but under a lock of our own, with binary columns in place of its text rows."""
        rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in stored_events]
        episodes, versions, topics, states = zip(*rows, strict=True)
        columns = (Uuids(episodes), Numbers(versions), Texts(topics), Bytes(states))
        try:
            self._lock_table(curs)
            self._notify_channel(curs)
            curs.execute(_EVENTS, columns, prepare=True)
            crash_point("api.before-commit")
        except DatabaseError as error:
            self.refused_by = error
            raise


def connected(url: str) -> Connection[DictRow]:
    """A connection that gives up on an unreachable server after a second. Raises psycopg's errors."""
    connection = connect(
        url,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=1,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
        tcp_user_timeout=8_000,
        options=_OPTIONS,
    )
    register(connection)
    return connection


def insert(recorder: EventRecorder, writing: Writing) -> None:
    """One transaction, without the library's retry around it."""
    try:
        recorder.insert_events.__wrapped__(recorder, writing.events, writing=writing)
    except PipelineAborted as aborted:
        # A refusal that arrives before all is sent: the library's commit goes nowhere, hides the refusal
        # behind this error, and leaves the transaction open.
        raise recorder.refused_by or aborted from None
