"""The record of who read or changed whose identity: written before it is answered, and only ever added to.

Reads that wait together are recorded in one transaction, and those that come meanwhile in the next: a disk is
waited for once for many of them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from episodes.directory.asking import Asking
from episodes.event_log.reader import Database
from episodes.turns import ASKING, OURSELVES

MOST_TOGETHER = 500
"""The limit, in accesses, of a transaction: a choice; its statement then takes a few milliseconds."""

What = Literal[
    "read",
    "found",
    "history-read",
    "created",
    "changed",
    "repeated",
    "deleted",
    "registered",
    "identified",
    "mistaken",
]
"""`found` by an identifier; `repeated` says what is there already; `mistaken`: an identifier was given with
another birth date, or nobody has it."""

_KEEP = """INSERT INTO identity_accesses
(network_id, actor_id, actor_role, correlation_id, action, client_id)
SELECT * FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::uuid[])"""
_MISTAKEN = """SELECT count(*) FROM identity_accesses WHERE network_id = %s AND client_id = %s
AND action = 'mistaken' AND accessed_at > now() - interval '1 day'"""


@dataclass(frozen=True, slots=True)
class Access:
    """Who did what with the identity of which client."""

    asking: Asking
    what: What
    client: UUID | None

    def row(self) -> tuple[Any, ...]:
        actor = self.asking.caller.actor
        return self.asking.network, actor.id, actor.role, self.asking.correlation, self.what, self.client


async def keep(connection: AsyncConnection[Any], accesses: Sequence[Access]) -> None:
    """Record accesses in the transaction of this connection."""
    columns = zip(*(access.row() for access in accesses), strict=True)
    await connection.execute(_KEEP, [list(column) for column in columns])


async def mistaken_today(connection: AsyncConnection[Any], network: str, client: UUID | None) -> int:
    """How often a client was to be identified within a day, in vain."""
    row = await (await connection.execute(_MISTAKEN, (network, client))).fetchone()
    assert row is not None
    return int(row[0])


class AccessRecord:
    """Serves one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Access, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, access: Access) -> None:
        """Returns once the access is recorded. Raises `StoreUnavailable` if it cannot be."""
        recorded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((access, recorded))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await recorded

    async def _write_all(self) -> None:
        ASKING.set(OURSELVES)  # not of whoever came first: its full line is nobody else's concern
        while self._waiting:
            group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            fault = await self._write([access for access, _ in group])
            for _, recorded in group:
                if recorded.done():  # the caller was cancelled
                    continue
                if fault is None:
                    recorded.set_result(None)
                else:
                    recorded.set_exception(fault)
        self._writing = None

    async def _write(self, accesses: Sequence[Access]) -> Exception | None:
        """The error, which is everybody's: no row can be at fault alone."""
        try:
            async with self._database.within(*{access.asking.network for access in accesses}) as connection:
                await keep(connection, accesses)
        except Exception as fault:
            return fault
        return None
