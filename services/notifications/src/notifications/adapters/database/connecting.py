"""Connections to our database: short time-outs, because the caller knows better than to wait."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

_CONNECT_SECONDS = 2


async def connect(url: str, *, autocommit: bool = False) -> Connection:
    """One connection, for a role that works alone."""
    return await AsyncConnection.connect(url, autocommit=autocommit, **_options())


def pool(url: str, size: int) -> Pool:
    """Not yet open. A caller waits two seconds at most, then gets `PoolTimeout`."""
    return AsyncConnectionPool(
        url,
        kwargs=_options(),
        min_size=1,
        max_size=size,
        timeout=_CONNECT_SECONDS,
        reconnect_timeout=5,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )


def _options() -> dict[str, Any]:
    return {"row_factory": dict_row, "connect_timeout": _CONNECT_SECONDS, "application_name": "notifications"}
