"""The event log as a follower reads it: page by page as it grows, on a connection of its own."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import Notification, StoredEvent
from psycopg import Connection
from psycopg.rows import DictRow

from care_platform.clock_drift import ClockDrift
from care_platform.logs import Loggable
from care_platform.postgres.notices import CLEAN, tell
from care_platform.postgres.row_security import SCOPE, scoped
from episodes.event_log.client_keys import KEYS, Scoped, Unwrap, unwrapped
from episodes.event_log.codec import DataKey, metadata_of
from episodes.event_log.reader import LOOK_AGAIN
from episodes.event_log.recorder import EventRecorder, SingleConnectionDatastore, connect_to_log
from episodes.event_log.stored_form import Damaged

_CHANNEL = "stored_events"
_AFTER = """SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
WHERE notification_id > %s ORDER BY notification_id LIMIT %s"""

_OF_EPISODE = """SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
WHERE originator_id = %s AND notification_id > %s AND notification_id <= %s
ORDER BY notification_id LIMIT %s"""
_OF_THE_SAME_MASTER = """SELECT other.* FROM (
    SELECT DISTINCT master FROM client_keys
    WHERE (network_id, client_id) IN (SELECT * FROM unnest(%s::text[], %s::uuid[]))
) AS of_them, LATERAL (SELECT * FROM client_keys WHERE master = of_them.master LIMIT 20) AS other"""
_NEWER = """SELECT originator_id, originator_version, topic, state FROM stored_events
JOIN unnest(%s::uuid[], %s::bigint[]) AS w(id, v) ON originator_id = id AND originator_version > v
ORDER BY originator_id, originator_version"""


def _in_columns(rows: Sequence[DictRow]) -> list[tuple[Any, ...]]:
    return [(row["network_id"], row["client_id"], row["key_id"], row["wrapped"]) for row in rows]


def recorded_at(page: Sequence[Notification]) -> datetime:
    """When the first event of a page that can be read was recorded; now, if none can."""
    for event in page:
        with suppress(Damaged):
            return metadata_of(event).recorded_at
    return datetime.now(UTC)


class UnknownNetwork(Loggable):
    """The log has an event of a network that is not configured."""


class Tail:
    """Used by one thread. Every call, including `Tail(...)` itself, may raise psycopg's errors."""

    def __init__(self, url: str, unwrap: Unwrap, networks: Collection[str]) -> None:
        self.connection: Connection[DictRow] = connect_to_log(url)
        self._recorder = EventRecorder(SingleConnectionDatastore(self.connection))
        self._unwrap = unwrap
        self.networks = frozenset(networks)
        self.drift = ClockDrift(lambda: datetime.now(UTC))
        self.connection.execute(f"LISTEN {_CHANNEL}")

    def page(self, after: int, most: int) -> Sequence[Notification]:
        """Up to `most` events after a position, in order. A gap between positions is no loss."""
        if self.drift.due():
            self.drift.ask(self.connection)
        # The library's cursor reads bytes as text, at twice the cost.
        cursor = self.connection.cursor(binary=True)
        rows = cursor.execute(_AFTER, (after, most), prepare=True).fetchall()
        return [Notification(id=row.pop("notification_id"), **row) for row in rows]

    def of_episode(self, episode: UUID | str, after: int, upto: int, most: int) -> Sequence[Notification]:
        """Up to `most` events of one episode between two positions, in order."""
        cursor = self.connection.cursor(binary=True)
        rows = cursor.execute(_OF_EPISODE, (episode, after, upto, most)).fetchall()
        return [Notification(id=row.pop("notification_id"), **row) for row in rows]

    def head(self) -> int:
        """The position of the newest event."""
        newest: int | None = self._recorder.max_notification_id.__wrapped__(self._recorder)
        return newest or 0

    def keys(self, clients: Collection[Scoped]) -> dict[UUID, DataKey]:
        """The clients' current data keys, by key id. That of an erased client has no cipher.

        Raises `UnknownNetwork`, because a key that row security hides must not be taken for a destroyed one,
        and `InvalidTag` if the master key opens none.
        """
        networks, identifiers = zip(*clients, strict=True)
        if not self.networks.issuperset(networks):
            raise UnknownNetwork(", ".join(set(networks) - self.networks))
        with self.connection.pipeline():
            self._scope()
            cursor = self.connection.cursor(binary=True)
            cursor.execute(KEYS, (list(networks), list(identifiers)), prepare=True)
            rows = cursor.fetchall()
        try:
            return unwrapped(self._unwrap, _in_columns(rows))
        except InvalidTag:  # of a client, or is it the master key?
            with self.transaction() as connection:
                found = connection.execute(_OF_THE_SAME_MASTER, (list(networks), list(identifiers)))
                unwrapped(self._unwrap, _in_columns(found.fetchall()))
            return unwrapped(self._unwrap, _in_columns(rows))

    def newer(self, versions: Mapping[UUID, int]) -> dict[UUID, list[StoredEvent]]:
        """The stored events of episodes after the given version of each, oldest first."""
        cursor = self.connection.cursor(binary=True)
        found: dict[UUID, list[StoredEvent]] = defaultdict(list)
        for row in cursor.execute(_NEWER, (list(versions), list(versions.values())), prepare=True):
            found[row["originator_id"]].append(StoredEvent(**row))
        return found

    @contextmanager
    def transaction(self) -> Iterator[Connection[DictRow]]:
        """A transaction that sees and writes only the rows of the configured networks."""
        with self.connection.transaction():
            self._scope()
            yield self.connection

    def _scope(self) -> None:
        self.connection.execute(SCOPE, scoped(self.networks), prepare=True)

    def wait(self, seconds: float) -> None:
        """Wait until something is recorded, or for `seconds`, because a notification may be lost.

        After an idle look the queue of notices is cleaned: while it is full, nobody who records does.
        """
        if not list(self.connection.notifies(timeout=seconds, stop_after=1)) and seconds >= LOOK_AGAIN:
            self.connection.execute(CLEAN)
        for _ in self.connection.notifies(timeout=0):
            pass  # one read serves all notifications so far

    def wake(self) -> None:
        """Make every follower read again at once."""
        tell(self.connection, _CHANNEL)

    def close(self) -> None:
        self.connection.close()
