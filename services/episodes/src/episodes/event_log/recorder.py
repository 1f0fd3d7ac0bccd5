"""The library's recorder on one connection of our own, with further statements in the events' transaction.

The library's own pool and retries are not used: they block for minutes when the database is unavailable.
A recorder is replaced with its connection, because one built while tables are missing never recovers.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, Cursor
from psycopg import Error as DatabaseError
from psycopg.errors import PipelineAborted
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL

from care_platform.crash_points import crash_point
from care_platform.postgres.connecting import connect
from care_platform.postgres.options import FEW_ROWS_BY_KEY
from episodes.event_log.arrays import Bytes, Numbers, Texts, Uuids, register

LOCK_TIMEOUT = 5
"""How many seconds a batch waits for the log's lock."""

APPENDING = 0x617070656E64
"""The advisory lock that makes the order of commits the order of positions. The library locks the table, and
this conflicts with VACUUM: once a minute autovacuum blocked the writers for a second, and was cancelled.
"""

_SETTINGS = (
    "statement_timeout=8000",
    # A writer paused between insert and COMMIT would block all others at the log's lock.
    "idle_in_transaction_session_timeout=5000",
    *FEW_ROWS_BY_KEY,
)
_EVENTS = """INSERT INTO stored_events (originator_id, originator_version, topic, state)
SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[]) RETURNING notification_id"""

Statements = Callable[[Cursor[DictRow]], None]
"""Statements that belong to the events and run before their insert, in the same transaction."""


class SingleConnectionDatastore(PostgresDatastore):
    """The library's datastore over a single connection that belongs to one thread."""

    def __init__(self, connection: Connection[DictRow]) -> None:
        super().__init__("", "", "", "", "", lock_timeout=LOCK_TIMEOUT)
        self._connection = connection

    @contextmanager
    def get_connection(self) -> Iterator[Connection[DictRow]]:
        """Errors remain those of psycopg, so that the caller can tell a refusal from a lost connection."""
        yield self._connection


class EventRecorder(PostgresApplicationRecorder):
    """Runs the statements that belong to a batch before it inserts its events.

    `refused_by` is the error with which the database refused the events or a statement before them.
    """

    refused_by: DatabaseError | None = None

    def __init__(self, datastore: SingleConnectionDatastore) -> None:
        super().__init__(datastore)
        self.lock_table_statements = [
            SQL("SET LOCAL lock_timeout = '{}s'").format(LOCK_TIMEOUT),
            SQL("SELECT pg_advisory_xact_lock({})").format(APPENDING),
        ]

    def _insert_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> None:
        beside: Statements = kwargs["beside"]
        beside(curs)

    def _insert_stored_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> None:
        """Insert as the library does, but with our own lock, and with binary columns instead of text rows."""
        rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in stored_events]
        episodes, versions, topics, states = zip(*rows, strict=True)
        columns = (Uuids(episodes), Numbers(versions), Texts(topics), Bytes(states))
        try:
            self._lock_table(curs)
            if kwargs["notice"]:
                self._notify_channel(curs)
            curs.execute(_EVENTS, columns, prepare=True)
            crash_point("api.before-commit")
        except DatabaseError as error:
            self.refused_by = error
            raise


def connect_to_log(url: str) -> Connection[DictRow]:
    """Connect, giving up on an unreachable server after a second. Raises psycopg's errors."""
    connection = connect(
        url,
        *_SETTINGS,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=1,
    )
    register(connection)
    return connection


def insert(
    recorder: EventRecorder, events: Sequence[StoredEvent], beside: Statements, notice: bool = True
) -> None:
    """Record events and what belongs to them in one transaction, without the library's retries.

    With a `notice` the commit fails if the server's queue of them is full.
    """
    try:
        recorder.insert_events.__wrapped__(recorder, list(events), beside=beside, notice=notice)
    except PipelineAborted as aborted:
        # The refusal arrived before everything was sent. The library's commit then fails with this error,
        # which hides the refusal, and leaves the transaction open.
        raise recorder.refused_by or aborted from None
