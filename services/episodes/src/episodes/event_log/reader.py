"""Reads the event log for the feed, without blocking the event loop; and what all readers share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege, UndefinedTable
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from care_platform.numbered_keys import KeyInUse
from care_platform.postgres.row_security import SCOPE, scoped
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.vocabulary import BY_NAME
from episodes.errors import StoreUnavailable
from episodes.event_log.client_keys import Unwrap, keys_of
from episodes.event_log.codec import SealedEvent, decrypt, metadata_of, parse
from episodes.event_log.keyring import Keyring

CONNECTING: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 1,
    "options": "-c statement_timeout=8000",
}
POOL: dict[str, Any] = {
    "min_size": 1,
    "open": False,
    "timeout": 1.5,  # for a connection; after that the caller gets 503
    "reconnect_timeout": 2,  # with a long back-off we would be away longer than the server
}

_AFTER = """SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
WHERE notification_id > %s ORDER BY notification_id LIMIT %s"""
_NEXT = """SELECT originator_id, originator_version, topic, state FROM stored_events
WHERE notification_id > %s ORDER BY notification_id LIMIT 1"""
_OF_EACH_MASTER = """SELECT number, fingerprint, network_id, client_id, key_id, wrapped FROM master_keys
LEFT JOIN LATERAL (SELECT * FROM client_keys WHERE master = number LIMIT 1) AS one ON true ORDER BY number"""


@dataclass(frozen=True, slots=True)
class LogPage:
    """The wanted events of one network on a page of the log, the place reached, and the id of the last event
    read, of whatever network; None if there was none.
    """

    entries: Sequence[RecordedEvent[Any]]
    reached: int
    last: UUID | None


@contextmanager
def unavailable() -> Iterator[None]:
    """Turns every failure to use the store, and missing tables and rights, into `StoreUnavailable`."""
    try:
        yield
    except (
        *(PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError),
        *(UndefinedTable, InsufficientPrivilege),
    ):
        raise StoreUnavailable from None


class Database:
    """A small pool. Every failure to use it, and missing tables and rights, are `StoreUnavailable`."""

    def __init__(self, url: str, size: int = 8) -> None:
        self._pool = AsyncConnectionPool(
            url, max_size=size, check=AsyncConnectionPool.check_connection, kwargs=CONNECTING, **POOL
        )

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        with unavailable():
            async with self._pool.connection() as connection:
                yield connection

    @asynccontextmanager
    async def within(self, *networks: str) -> AsyncIterator[AsyncConnection[Any]]:
        """A transaction that sees and writes only the rows of these networks.

        Its statements do not wait for each other: an error is raised when a result is fetched, or at the end.
        """
        async with (
            self.connection() as connection,
            connection.pipeline() as sending,
            connection.transaction(),
        ):
            await connection.execute(SCOPE, scoped(networks))
            yield connection
            await sending.sync()  # raise a pending error while the transaction can be rolled back


class Log:
    """The log, decrypted with the clients' keys."""

    def __init__(self, database: Database, unwrap: Unwrap, networks: Collection[str]) -> None:
        self._database = database
        self._unwrap = unwrap
        self._networks = networks

    async def page(self, network: str, after: int, most: int, wanted: Callable[[str], bool]) -> LogPage:
        """Read up to `most` events after a position. Gaps between positions are no loss."""
        async with self._database.within(network) as connection:
            cursor = await connection.execute(_AFTER, (after, most), binary=True)
            rows = [(row[0], parse(StoredEvent(*row[1:]))) for row in await cursor.fetchall()]
            if any(_of_a_later_release(event.metadata) for _, event in rows):
                raise StoreUnavailable  # cannot be mapped by this release, and must not be skipped
            kept = [
                event
                for _, event in rows
                if event.metadata.network == network and wanted(event.metadata.type)
            ]
            entries = await self._opened(connection, kept)
        if not rows:
            return LogPage((), after, None)
        reached, last = rows[-1]
        return LogPage(entries, reached, last.metadata.event_id)

    async def next_recorded_at(self, after: int) -> datetime | None:
        """When the first event after a position was recorded. None if there is no such event."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_NEXT, (after,), binary=True)
            row = await cursor.fetchone()
        return None if row is None else metadata_of(StoredEvent(*row)).recorded_at

    async def keys_fit(self, keyring: Keyring) -> bool:
        """Whether the master keys unwrap the clients' keys, as one of each shows. True for an empty store.

        Raises `KeyUnavailable` if one that is in use is not here.
        """
        async with self._database.within(*self._networks) as connection:
            cursor = await connection.execute(_OF_EACH_MASTER, binary=True)
            rows = await cursor.fetchall()
        try:
            for number, fingerprint, *of_a_client in rows:
                keyring.refuse_another(KeyInUse(number, fingerprint))
                if of_a_client[-1] is not None:
                    keyring.unwrap(*of_a_client)
        except InvalidTag:
            return False
        return True

    async def _opened(
        self, connection: AsyncConnection[Any], events: Sequence[SealedEvent]
    ) -> list[RecordedEvent[Any]]:
        clients = {(event.metadata.network, event.metadata.client) for event in events}
        keys = await keys_of(connection, self._unwrap, clients)
        return [decrypt(event, keys) for event in events]


def _of_a_later_release(header: EventMetadata) -> bool:
    return header.sequence is not None and header.type not in BY_NAME


class Wake:
    """Wakes waiting readers at a notification on `channel`, by default that an event was recorded.

    It only saves time: readers look again each second anyway.
    """

    def __init__(self, url: str, channel: LiteralString = "stored_events") -> None:
        self._url = url
        self._listen = f"LISTEN {channel}"
        self._news = asyncio.Event()

    def news(self) -> asyncio.Event:
        """The event that the next notification sets. Get it before reading, so that none is missed."""
        return self._news

    async def wait(self, news: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, 1.0)):
                await news.wait()

    async def listen(self) -> None:
        """Listen as long as the service runs, and connect again after a loss."""
        while True:
            with suppress(psycopg.Error):
                async with await AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=1
                ) as connection:
                    await connection.execute(self._listen)
                    async for _ in connection.notifies():
                        self._news.set()
                        self._news = asyncio.Event()
            await asyncio.sleep(1)
