"""Connections to our database, which show only rows of the networks that a transaction names.

Time-outs are short, because callers can retry.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType, TracebackType
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from care_platform.logs import Loggable
from care_platform.postgres.connecting import connect_async, why_not_reached
from care_platform.postgres.grants import LACKING, Grant, lacking, needed
from care_platform.postgres.options import FEW_ROWS_BY_KEY
from care_platform.postgres.pools import AsyncPool
from care_platform.postgres.row_security import SCOPE, scoped

Connection = AsyncConnection[DictRow]
Connect = Callable[[], Coroutine[Any, Any, Connection]]

WAKE = "care_deliveries"
"""The channel of NOTIFY that wakes `deliver`."""

KNOWS_EVENTS_MISSING = "care.knows_events_missing=on"
"""Processes of the release before cannot read items of this concern, and do not see them without this."""

KNOWS_BREACH_TAKEN_BACK = "care.knows_breach_taken_back=on"
"""The same of items that take an alert back."""

_SETTINGS = (*FEW_ROWS_BY_KEY, KNOWS_EVENTS_MISSING, KNOWS_BREACH_TAKEN_BACK)
_CONNECT_SECONDS = 2
_CONNECTING: Mapping[str, Any] = MappingProxyType(
    {"row_factory": dict_row, "connect_timeout": _CONNECT_SECONDS, "application_name": "notifications"}
)


@asynccontextmanager
async def within(db: Connection, *networks: str) -> AsyncIterator[None]:
    """One transaction that reads and writes rows of these networks only.

    Row-level security shows no rows, and accepts none, outside such a transaction.
    """
    async with db.transaction():
        await db.execute(SCOPE, scoped(networks))
        yield


async def connect(url: str, *, autocommit: bool = False) -> Connection:
    """One connection, for a role that works alone."""
    return await connect_async(url, *_SETTINGS, autocommit=autocommit, **_CONNECTING)


class GrantsMissing(Loggable, psycopg.OperationalError):
    """Our role may not do all that this process needs. A migration, or another address, mends it."""


async def connect_granted(url: str, grants: Sequence[Grant]) -> Connection:
    """One connection, as a role that has these grants. Raises `GrantsMissing`."""
    db = await connect(url)
    lacks = await lacks_of(db, grants)
    await db.commit()
    if lacks:
        await db.close()
        raise GrantsMissing(lacking(lacks))
    return db


async def lacks_of(db: Connection, grants: Sequence[Grant]) -> Sequence[str]:
    """What our role may not do of these, as `INSERT ON TABLE inbox`."""
    rows = await (await db.execute(LACKING, needed(grants))).fetchall()
    return [row["lacks"] for row in rows]


class Database:
    """A pool that lends connections only for named networks, so that no query runs without any."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._pool = AsyncPool(
            url,
            *_SETTINGS,
            kwargs=_CONNECTING,
            min_size=1,
            max_size=size,
            timeout=_CONNECT_SECONDS,
            reconnect_timeout=5,
        )

    async def __aenter__(self) -> Self:
        """Open without waiting, so that the service starts, not ready, while the database is away."""
        await self._pool.open(wait=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close(timeout=1)

    async def why_not_reached(self) -> str:
        """Why it cannot be used now, for an operator."""
        return await why_not_reached(self._url, _CONNECT_SECONDS)

    @asynccontextmanager
    async def within(self, *networks: str) -> AsyncIterator[Connection]:
        """One transaction. Raises `PoolTimeout` if no connection is free within two seconds."""
        async with self._pool.connection() as db, within(db, *networks):
            yield db

    @asynccontextmanager
    async def at_once(self, *networks: str) -> AsyncIterator[Connection]:
        """A transaction as in `within`, whose statements are sent without waiting for earlier results.

        The error of a statement is raised when a result is fetched, or at the end.
        """
        async with self._pool.connection() as db, db.pipeline() as sending, within(db, *networks):
            yield db
            await sending.sync()  # raise any pending error while the transaction can still be rolled back
