"""The one place where both services connect: each connection is a session of ours, with what is pinned.

A pooler that hands out the sessions of a database by transaction is refused. Behind it the lock of a leader
stays with whoever comes next, no notice arrives, and prepared statements are another's.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from care_platform.logs import Loggable, reason_of
from care_platform.postgres.answering import ANSWERS_WITHIN, PROBED, Answering, AsyncAnswering
from care_platform.postgres.options import options

_MARK = "SELECT current_setting('care.session', true), pg_backend_pid()"
_PID = "SELECT pg_backend_pid()"
_ROUNDS = 3
_SECONDS = 5
_REFUSED = "unsupported startup parameter"
"""The words with which PgBouncer refuses a connection that brings `options`."""


class NoSession(Loggable, psycopg.OperationalError):
    """A pooler stands between us and the database."""

    def __init__(self) -> None:
        super().__init__(
            "a pooler stands before the database that keeps no sessions, or drops what a connection asks for"
            " (`options`): connect directly"
        )


def connect(
    url: str,
    *settings: str,
    autocommit: bool = False,
    answers_within: float | None = ANSWERS_WITHIN,
    **more: Any,
) -> Connection[Any]:
    """A connection with `settings`, each `name=value`, and psycopg's own parameters.

    `answers_within` is None for an operator's command, which waits as long as it takes. Raises psycopg's
    errors, `NoSession` among them.
    """
    given = {**PROBED, "options": options(url, *settings), **more}
    try:
        connection = Answering.connect(url, autocommit=True, **given)
    except psycopg.OperationalError as fault:
        raise _meant(fault) from None
    connection.answers_within = answers_within
    try:
        refuse_shared(connection, url)
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


async def connect_async(
    url: str, *settings: str, autocommit: bool = False, **more: Any
) -> AsyncConnection[Any]:
    """The same without blocking the event loop."""
    given = {**PROBED, "options": options(url, *settings), **more}
    try:
        connection = await AsyncAnswering.connect(url, autocommit=True, **given)
    except psycopg.OperationalError as fault:
        raise _meant(fault) from None
    try:
        await refuse_shared_async(connection, url)
        await connection.set_autocommit(autocommit)
    except BaseException:
        await connection.close()
        raise
    return connection


async def why_not_reached(url: str, connect_timeout: int) -> str:
    """Why a connection cannot be had now, after as many seconds at most, for an operator."""
    try:
        async with await connect_async(url, connect_timeout=connect_timeout):
            reason = None
    except psycopg.Error as fault:
        reason = reason_of(fault)
    return f"the database cannot be reached: {reason}" if reason else "the database cannot be reached"


def why_refused(fault: psycopg.Error) -> str:
    """What an operator reads of it: why no connection is had, or the class of what the server refuses.

    The server's words for a table that does not exist would read as if the database did not.
    """
    reason = reason_of(fault) if isinstance(fault, psycopg.OperationalError) else None
    return reason or type(fault).__name__


def refuse_shared(connection: Connection[Any], url: str) -> None:
    """Raises `NoSession` unless the connection, which is in autocommit, has a session of its own."""
    if not _direct(connection, _asked(connection, _MARK)):
        with psycopg.connect(url, autocommit=True, connect_timeout=_SECONDS) as other:
            _judge([_asked(one, _PID)[0] for _ in range(_ROUNDS) for one in (connection, other)])


async def refuse_shared_async(connection: AsyncConnection[Any], url: str) -> None:
    """The same without blocking the event loop."""
    if not _direct(connection, await _asked_async(connection, _MARK)):
        other = await AsyncConnection.connect(url, autocommit=True, connect_timeout=_SECONDS)
        async with other:
            both = (connection, other)
            _judge([(await _asked_async(one, _PID))[0] for _ in range(_ROUNDS) for one in both])


def _direct(connection: Connection[Any] | AsyncConnection[Any], row: Sequence[Any]) -> bool:
    """Whether nothing stands between: a pooler tells a process id of its own when it is connected to.

    Raises `NoSession` if our options did not arrive.
    """
    mark, process = row
    if mark is None:
        raise NoSession
    return bool(process == connection.info.backend_pid)


def _judge(processes: Sequence[int]) -> None:
    """Two connections that stay open, asked in turn: each has one server process, and no common one."""
    ours, theirs = set(processes[::2]), set(processes[1::2])
    if len(ours) > 1 or len(theirs) > 1 or ours & theirs:
        raise NoSession


def _meant(fault: psycopg.OperationalError) -> psycopg.OperationalError:
    return NoSession() if _REFUSED in str(fault) else fault


def _asked(connection: Connection[Any], query: str) -> Sequence[Any]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(query.encode()).fetchall()[0]


async def _asked_async(connection: AsyncConnection[Any], query: str) -> Sequence[Any]:
    async with connection.cursor(row_factory=tuple_row) as cursor:
        return (await (await cursor.execute(query.encode())).fetchall())[0]
