"""Connections that notice when nobody is at their other end: a host vanished, a path lost its state.

The operating system asks an idle peer after two hours, and waits for it a quarter of one. What stands between
may also go on answering for a server that is no longer there; then only the missing answer tells.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from psycopg import AsyncConnection, Connection, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

ANSWERS_WITHIN = 20.0
"""Seconds after which an answer is no longer waited for. No statement of a process may take as long."""

CHECKED_WITHIN = 1.0

PROBED: Mapping[str, int] = MappingProxyType(
    {
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 8_000,
    }
)
"""Parameters of libpq: seconds, seconds, probes, milliseconds. An idle connection is lost after nine seconds,
one that waits for an answer after eight."""


class Answering(Connection[Any]):
    """Closed when it is not answered in time. Raises `OperationalError` then, as for any lost connection."""

    answers_within: float | None = ANSWERS_WITHIN

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, self.answers_within if timeout is None else timeout)
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


class AsyncAnswering(AsyncConnection[Any]):
    """The same without blocking the event loop."""

    answers_within: float | None = ANSWERS_WITHIN

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's
    ) -> RV:
        try:
            return await super().wait(gen, interval, self.answers_within if timeout is None else timeout)
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


@contextmanager
def hurried(connection: Answering | AsyncAnswering) -> Iterator[None]:
    """Whoever asks meanwhile waits for an answer for a second only: to see whether there is one at all."""
    before, connection.answers_within = connection.answers_within, CHECKED_WITHIN
    try:
        yield
    finally:
        connection.answers_within = before
