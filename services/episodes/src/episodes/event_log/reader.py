"""Reads the event log for the feed, without blocking the event loop; and what all readers share."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import inf
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection

from care_platform.numbered_keys import KeyInUse
from care_platform.postgres.connecting import connect_async, why_not_reached
from care_platform.postgres.faults import UNUSABLE
from care_platform.postgres.pools import AsyncPool
from care_platform.postgres.row_security import SCOPE, scoped
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.vocabulary import BY_NAME
from episodes.errors import StoreUnavailable, TooManyWaiting
from episodes.event_log.client_keys import Unwrap, keys_of, unwrapped
from episodes.event_log.codec import DataKey, SealedEvent, decrypt, metadata_of, parse
from episodes.event_log.keyring import Keyring
from episodes.event_log.stored_form import Damaged, FromLaterRelease
from episodes.gate import Gate
from episodes.turns import USUAL, Limits

LOOK_AGAIN = 1.0
"""Seconds after which readers look again without a notification, because one may be lost."""

_AT_A_STRETCH = 100
"""How many rows are parsed before others have a turn at the event loop."""

SETTINGS = ("statement_timeout=8000",)
CONNECTING: dict[str, Any] = {"autocommit": True, "connect_timeout": 1}
PATIENCE = 1.5
"""How many seconds a caller waits for a connection before it gets 503."""

POOL: dict[str, Any] = {
    "min_size": 1,
    "timeout": PATIENCE,
    "reconnect_timeout": 2,  # with a long back-off we would be away longer than the server
}

_FROM = """SELECT notification_id, originator_id, originator_version, topic,
    CASE WHEN notification_id = %(after)s THEN substring(state FROM 19 FOR 36) ELSE state END
FROM stored_events WHERE notification_id >= %(after)s ORDER BY notification_id LIMIT %(most)s"""
"""The rows after a position. Before them, if it is there, the one at the position, with its event's id alone.
"""
_NEXT = """SELECT originator_id, originator_version, topic, state FROM stored_events
WHERE notification_id > %s ORDER BY notification_id LIMIT 1"""
_OF_EACH_MASTER = """SELECT number, fingerprint, network_id, client_id, key_id, wrapped FROM master_keys
LEFT JOIN LATERAL (SELECT * FROM client_keys WHERE master = number LIMIT 5) AS some_of_it ON true
ORDER BY number"""
_HELD = """SELECT follower, kind, name FROM held_back JOIN positions USING (follower)
WHERE kind <> 'network' OR name NOT IN (SELECT name FROM retired_networks)"""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the log has at a position: the id of the event there, and whether it ends before it."""

    event: UUID | None
    beyond: bool


@dataclass(frozen=True)
class Row:
    """A row of the ordered log as one network reads it.

    `event` is None if it is another network's or not wanted, and an error if it must not be skipped. `id` is
    that of the event whatever it is, and None if it cannot be read.
    """

    position: int
    id: UUID | None
    event: SealedEvent | Exception | None
    keys: Mapping[UUID, DataKey] = field(repr=False)

    @property
    def metadata(self) -> EventMetadata | None:
        """The header of an event that is wanted, None for another. Raises the error of a row that must not
        be skipped.
        """
        if isinstance(self.event, Exception):
            raise self.event
        return None if self.event is None else self.event.metadata

    @cached_property
    def entry(self) -> RecordedEvent[Any]:
        """The event, decrypted once for all who read it. Raises `Unreadable`."""
        assert isinstance(self.event, SealedEvent), "not an event that is wanted"
        return decrypt(self.event, self.keys)


_UNAVAILABLE: tuple[type[Exception], ...] = (TooManyWaiting, *UNUSABLE)


@contextmanager
def unavailable() -> Iterator[None]:
    """Turns what says that the store cannot be used now, and a wait for it, into `StoreUnavailable`."""
    try:
        yield
    except _UNAVAILABLE as fault:
        raise StoreUnavailable from fault


class Database:
    """A small pool, used by turns. Whatever says that the store cannot be used now is `StoreUnavailable`."""

    def __init__(self, url: str, size: int = 8, limits: Limits = USUAL) -> None:
        self.gate = Gate(size, limits, PATIENCE)
        self._url = url
        self._pool = AsyncPool(url, *SETTINGS, max_size=size, kwargs=CONNECTING, **POOL)

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    async def why_not_reached(self) -> str:
        """Why it cannot be used now, for an operator."""
        return await why_not_reached(self._url, CONNECTING["connect_timeout"])

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        with unavailable():
            async with self.gate.turn() as left, self._pool.connection(timeout=left) as connection:
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

    async def page(
        self, network: str, after: int, most: Callable[[], int], wanted: Callable[[str], bool]
    ) -> tuple[Ground, list[Row]]:
        """The rows after a position, those of this network and a wanted type with their events. Gaps between
        positions are no loss. `most` is asked how many to read once there is a connection to read them."""
        async with self._database.within(network) as connection:
            rows = most()
            cursor = await connection.execute(_FROM, {"after": after, "most": rows + 1}, binary=True)
            ground, stored = _grounded(after, await cursor.fetchall())
            events: list[tuple[int, UUID | None, SealedEvent | Exception | None]] = []
            for number, row in enumerate(stored[:rows]):
                if number % _AT_A_STRETCH == _AT_A_STRETCH - 1:
                    await asyncio.sleep(0)  # others have a turn at the event loop
                events.append((row[0], *_event_of(network, StoredEvent(*row[1:]), wanted)))
            sealed = [event for *_, event in events if isinstance(event, SealedEvent)]
            clients = {(event.metadata.network, event.metadata.client) for event in sealed}
            keys = await keys_of(connection, self._unwrap, clients)
        return ground, [Row(position, identifier, event, keys) for position, identifier, event in events]

    async def next_recorded_at(self, after: int) -> datetime | None:
        """When the first event after a position was recorded. None if there is no such event."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_NEXT, (after,), binary=True)
            row = await cursor.fetchone()
        with suppress(Damaged):  # its follower holds it back and moves on
            return None if row is None else metadata_of(StoredEvent(*row)).recorded_at
        return None

    async def held_back(self) -> Sequence[tuple[str, str, str]]:
        """What followers of the log hold back: follower, `episode` or `network`, and which."""
        async with self._database.connection() as connection:
            return await (await connection.execute(_HELD)).fetchall()

    async def keys_fit(self, keyring: Keyring) -> bool:
        """Whether the master keys unwrap the clients' keys, as some of each show. True for an empty store.

        Raises `KeyUnavailable` if one that is in use is not here.
        """
        async with self._database.within(*self._networks) as connection:
            cursor = await connection.execute(_OF_EACH_MASTER, binary=True)
            rows = await cursor.fetchall()
        for number, fingerprint, *_ in rows:
            keyring.refuse_another(KeyInUse(number, fingerprint))
        try:
            unwrapped(keyring.unwrap, (of_a_client for _, _, *of_a_client in rows if of_a_client[-1]))
        except InvalidTag:
            return False
        return True


def event_at(text: bytes | None) -> UUID | None:
    """The id of an event, as it stands in its row; None if it cannot be read, or there is no row."""
    with suppress(ValueError):
        return None if text is None else UUID(text.decode())
    return None


def _grounded(after: int, rows: list[Any]) -> tuple[Ground, list[Any]]:
    """What is at a position, and the rows after it."""
    here, following = (rows[0], rows[1:]) if rows and rows[0][0] == after else (None, rows)
    beyond = after > 0 and not rows
    return Ground(None if here is None else event_at(here[-1]), beyond), following


def _event_of(
    network: str, stored: StoredEvent, wanted: Callable[[str], bool]
) -> tuple[UUID | None, SealedEvent | Exception | None]:
    """The id of a stored event, and the event if it is wanted, or what forbids to skip it."""
    try:
        event = parse(stored)
    except Damaged as damage:
        return None, damage
    metadata = event.metadata
    if of_a_later_release(metadata):
        return metadata.event_id, FromLaterRelease(metadata.event_id)
    return metadata.event_id, event if metadata.network == network and wanted(metadata.type) else None


def of_a_later_release(header: EventMetadata) -> bool:
    """Whether it is published in a form that only a later release knows."""
    return header.sequence is not None and header.type not in BY_NAME


class Wake:
    """Wakes waiting readers at a notification on `channel`, by default that an event was recorded.

    It only saves time: all readers are woken each second anyway, together, because they share what they read.
    """

    def __init__(self, url: str, channel: LiteralString = "stored_events") -> None:
        self._url = url
        self._listen = f"LISTEN {channel}"
        self._news = asyncio.Event()
        self.ends_at = inf
        """When the service is told to end, by the monotonic clock: nobody is to wait beyond it."""

    def end(self) -> None:
        """The service is told to end: whoever waits is woken, and is to wait no more."""
        self.ends_at = time.monotonic()
        self._tell()

    def news(self) -> asyncio.Event:
        """The event that the next notification sets. Get it before reading, so that none is missed."""
        return self._news

    async def wait(self, news: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()

    async def listen(self) -> None:
        """Listen as long as the service runs, and connect again after a loss."""
        while True:
            with suppress(psycopg.Error):
                async with await connect_async(self._url, **CONNECTING) as connection:
                    await connection.execute(self._listen)
                    while True:
                        self._tell()
                        async for _ in connection.notifies(timeout=LOOK_AGAIN):
                            self._tell()
                        await connection.execute("SELECT 1")  # one that is lost brings no notices, silently
            self._tell()
            await asyncio.sleep(LOOK_AGAIN)

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
