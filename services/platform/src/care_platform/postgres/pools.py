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

from care_platform.postgres.answering import PROBED, Answering, AsyncAnswering, hurried
from care_platform.postgres.connecting import refuse_shared, refuse_shared_async
from care_platform.postgres.options import options

_RENEWED_EVERY = 1.0
"""How many seconds sessions that take no writes are kept: what made them so may be over."""


class _Renewal:
    """When a pool whose sessions take no writes has to be renewed."""

    def __init__(self) -> None:
        self._last = 0.0

    def due(self, connection: Connection[Any] | AsyncConnection[Any]) -> bool:
        """Whether now, as this session shows: the server says unasked if it takes no writes."""
        said = connection.info.parameter_status
        if "on" not in (said("default_transaction_read_only"), said("in_hot_standby")):
            return False
        before, now = self._last, monotonic()
        if now - before < _RENEWED_EVERY:
            return False
        self._last = now
        return True


class AsyncPool(AsyncConnectionPool[AsyncAnswering]):
    """`settings` are of the server, each `name=value`; `kwargs` are psycopg's; `more` is of the pool."""

    def __init__(self, url: str, *settings: str, kwargs: Mapping[str, Any], **more: Any) -> None:
        connecting = {**PROBED, **kwargs, "options": options(url, *settings)}
        super().__init__(
            url,
            connection_class=AsyncAnswering,
            kwargs=connecting,
            configure=self._refuse_shared,
            open=False,
            **more,
        )
        self._renewal = _Renewal()

    async def getconn(self, timeout: float | None = None) -> AsyncAnswering:  # noqa: ASYNC109 - psycopg's
        """A connection that the server answers on. Dead ones are replaced, without a pause between them."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            connection = await super().getconn(deadline - monotonic())
            try:
                with hurried(connection):
                    await self.check_connection(connection)
            except psycopg.Error:
                await self._replace(connection)
            except BaseException:
                await self._replace(connection)
                raise
            else:
                if not self._renewal.due(connection):
                    return connection
                await self.drain()
                await self._replace(connection)

    async def _replace(self, connection: AsyncAnswering) -> None:
        await connection.close()
        await self.putconn(connection)

    async def _refuse_shared(self, connection: AsyncAnswering) -> None:
        before = connection.autocommit
        await connection.set_autocommit(True)
        await refuse_shared_async(connection, str(self.conninfo))
        await connection.set_autocommit(before)


class Pool(ConnectionPool[Answering]):
    """The same for threads."""

    def __init__(self, url: str, *settings: str, kwargs: Mapping[str, Any], **more: Any) -> None:
        connecting = {**PROBED, **kwargs, "options": options(url, *settings)}
        super().__init__(
            url,
            connection_class=Answering,
            kwargs=connecting,
            configure=self._refuse_shared,
            open=False,
            **more,
        )
        self._renewal = _Renewal()

    def getconn(self, timeout: float | None = None) -> Answering:
        """A connection that the server answers on. Dead ones are replaced, without a pause between them."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            connection = super().getconn(deadline - monotonic())
            try:
                with hurried(connection):
                    self.check_connection(connection)
            except psycopg.Error:
                self._replace(connection)
            except BaseException:
                self._replace(connection)
                raise
            else:
                if not self._renewal.due(connection):
                    return connection
                self.drain()
                self._replace(connection)

    def _replace(self, connection: Answering) -> None:
        connection.close()
        self.putconn(connection)

    def _refuse_shared(self, connection: Answering) -> None:
        before = connection.autocommit
        connection.autocommit = True
        refuse_shared(connection, str(self.conninfo))
        connection.autocommit = before
