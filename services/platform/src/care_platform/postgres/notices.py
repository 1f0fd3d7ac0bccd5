"""Notices (NOTIFY): a help that may be lost, so that nothing is refused because their queue is full.

The queue is the whole server's. Anybody's listener that rests in a transaction fills it in the end, and then
every transaction with a notice fails at its commit. Only who adds to it, or asks how full it is, cleans it.
"""

from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.errors import ProgramLimitExceeded

QueueFull = ProgramLimitExceeded
"""How a commit fails while the queue is full. Nothing was written; without a notice it may be."""

QUIET_SECONDS = 10
"""How long nobody is notified once the queue was full: each transaction would be refused at first. Whoever
waits for news looks each second anyway."""

CLEAN = "SELECT pg_notification_queue_usage()"
"""Takes from the queue what every listener has read."""

LOUD = "coalesce(nullif(current_setting('care.quiet_until', true), '')::timestamptz < now(), true)"
"""A condition of notices: false on a connection while it is quiet."""

_BE_QUIET = f"SELECT set_config('care.quiet_until', (now() + interval '{QUIET_SECONDS} s')::text, false)"


async def be_quiet(connection: AsyncConnection[Any]) -> None:
    """Clean the queue, and make `LOUD` false on this connection, which is in no transaction, for a while."""
    async with connection.transaction():
        await connection.execute(CLEAN)
        await connection.execute(_BE_QUIET)


def tell(connection: Connection[Any], channel: str) -> None:
    """A notice by itself, on a connection in autocommit. If the queue is full it is cleaned instead."""
    try:
        connection.execute("SELECT pg_notify(%s, '')", (channel,), prepare=True)
    except QueueFull:
        connection.execute(CLEAN)
