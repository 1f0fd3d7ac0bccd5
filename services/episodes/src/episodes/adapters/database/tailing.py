"""The event log as a follower reads it: page by page, as it grows, on one connection of its own."""

from collections.abc import Collection, Sequence
from uuid import UUID

from eventsourcing.persistence import Notification
from psycopg import Connection
from psycopg.rows import DictRow

from episodes.adapters.database.reading import KEYS, Unwrap
from episodes.adapters.database.recorder import EventRecorder, OneConnection, connected
from episodes.adapters.database.scoping import SCOPE, scoped
from episodes.application.known import Scoped
from episodes.application.recording import DataKey


class UnknownNetwork(Exception):
    """The log holds an event of a network that is not among the configured ones."""


class Tail:
    """Belongs to one thread. Every call may raise psycopg's errors, also `Tail(...)` itself."""

    def __init__(self, url: str, unwrap: Unwrap, networks: Collection[str]) -> None:
        self.connection: Connection[DictRow] = connected(url)
        self._recorder = EventRecorder(OneConnection(self.connection))
        self._unwrap = unwrap
        self._networks = frozenset(networks)
        self.connection.execute("LISTEN stored_events")

    def page(self, after: int, most: int) -> Sequence[Notification]:
        """Up to `most` events after a position, in order. A gap between positions is no loss."""
        select = self._recorder.select_notifications.__wrapped__  # without the library's retry around it
        page: Sequence[Notification] = select(self._recorder, after, most, inclusive_of_start=False)
        return page

    def head(self) -> int:
        """The position of the newest event."""
        newest: int | None = self._recorder.max_notification_id.__wrapped__(self._recorder)
        return newest or 0

    def keys(self, clients: Collection[Scoped]) -> dict[UUID, DataKey]:
        """The clients' data keys as they are now, by key id; an erased client's has no cipher.

        Raises `UnknownNetwork`: a key that may not be seen is not one that was destroyed.
        """
        networks, identifiers = zip(*clients, strict=True)
        if not self._networks.issuperset(networks):
            raise UnknownNetwork(", ".join(set(networks) - self._networks))
        with self.connection.pipeline():
            self.connection.execute(SCOPE, scoped(self._networks), prepare=True)
            cursor = self.connection.cursor(binary=True)
            cursor.execute(KEYS, (list(networks), list(identifiers)), prepare=True)
            rows = cursor.fetchall()
        return {
            row["key_id"]: self._unwrap(row["network_id"], row["client_id"], row["key_id"], row["wrapped"])
            for row in rows
        }

    def wait(self, seconds: float) -> None:
        """Return when something was recorded, or after `seconds`: a notice may be lost, the log is not."""
        for _ in self.connection.notifies(timeout=seconds, stop_after=1):
            pass
        for _ in self.connection.notifies(timeout=0):
            pass  # one look answers all that came meanwhile

    def close(self) -> None:
        self.connection.close()
