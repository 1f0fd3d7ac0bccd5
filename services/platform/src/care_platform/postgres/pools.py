"""Pools of sessions that lend only what the server still answers on.

A pool of psycopg's sleeps between its checks, so that three dead connections outlast a caller's patience.
After a restart of the server, a failover or an idle limit all of them are dead.
"""

from collections.abc import Mapping
from time import monotonic
from typing import Any

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from care_platform.postgres.connecting import refuse_shared, refuse_shared_async
from care_platform.postgres.options import options


class AsyncPool(AsyncConnectionPool[AsyncConnection[Any]]):
    """`settings` are of the server, each `name=value`; `kwargs` are psycopg's; `more` is of the pool."""

    def __init__(self, url: str, *settings: str, kwargs: Mapping[str, Any], **more: Any) -> None:
        connecting = {**kwargs, "options": options(url, *settings)}
        super().__init__(url, kwargs=connecting, configure=self._refuse_shared, open=False, **more)

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[Any]:  # noqa: ASYNC109 - psycopg's
        """A connection that the server answers on. Dead ones are replaced, without a pause between them."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            connection = await super().getconn(deadline - monotonic())
            try:
                await self.check_connection(connection)
            except psycopg.Error:
                await self._replace(connection)
            except BaseException:
                await self._replace(connection)
                raise
            else:
                return connection

    async def putconn(self, conn: AsyncConnection[Any]) -> None:
        if takes_no_writes(conn):
            await conn.close()
        await super().putconn(conn)

    async def _replace(self, connection: AsyncConnection[Any]) -> None:
        await connection.close()
        await super().putconn(connection)

    async def _refuse_shared(self, connection: AsyncConnection[Any]) -> None:
        before = connection.autocommit
        await connection.set_autocommit(True)
        await refuse_shared_async(connection, str(self.conninfo))
        await connection.set_autocommit(before)


class Pool(ConnectionPool[Connection[Any]]):
    """The same for threads."""

    def __init__(self, url: str, *settings: str, kwargs: Mapping[str, Any], **more: Any) -> None:
        connecting = {**kwargs, "options": options(url, *settings)}
        super().__init__(url, kwargs=connecting, configure=self._refuse_shared, open=False, **more)

    def getconn(self, timeout: float | None = None) -> Connection[Any]:
        """A connection that the server answers on. Dead ones are replaced, without a pause between them."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            connection = super().getconn(deadline - monotonic())
            try:
                self.check_connection(connection)
            except psycopg.Error:
                self._replace(connection)
            except BaseException:
                self._replace(connection)
                raise
            else:
                return connection

    def putconn(self, conn: Connection[Any]) -> None:
        if takes_no_writes(conn):
            conn.close()
        super().putconn(conn)

    def _replace(self, connection: Connection[Any]) -> None:
        connection.close()
        super().putconn(connection)

    def _refuse_shared(self, connection: Connection[Any]) -> None:
        before = connection.autocommit
        connection.autocommit = True
        refuse_shared(connection, str(self.conninfo))
        connection.autocommit = before


def takes_no_writes(connection: Connection[Any] | AsyncConnection[Any]) -> bool:
    """Whether the server said so of this session. It is not kept, for what made it so may be over."""
    said = connection.info.parameter_status
    return "on" in (said("default_transaction_read_only"), said("in_hot_standby"))
