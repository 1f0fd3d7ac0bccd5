"""Whether a release fits a store that an earlier or a later release has migrated.

A later one only adds, so a store ahead of us is good: unless something was written that we cannot read, which
happens only after an operator said that no process of ours runs any more (`migrate --all-replaced`).
"""

from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.errors import InsufficientPrivilege, LockNotAvailable, UndefinedTable
from psycopg.rows import tuple_row

COMPATIBLE_FROM = "SELECT compatible_from FROM compatibility"
_FOUND = "SELECT version_num, compatible_from FROM alembic_version, compatibility"
_RAISED = "UPDATE compatibility SET compatible_from = greatest(compatible_from, %s) RETURNING compatible_from"
BEHIND = "the store is not at this release's revision: run migrate"
BEYOND = "the store holds what only a later release can read"


class StoreRevision:
    """At which revision a store is, as last seen while a migration has its tables locked."""

    def __init__(self) -> None:
        self._seen: tuple[str, str] | None = None

    async def why_unfit(self, connection: AsyncConnection[Any], ours: str) -> str | None:
        """Why a release that needs the revision `ours` cannot work with this store; None if it can."""
        try:
            async with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
                await cursor.execute("SET LOCAL lock_timeout = '200ms'")
                await cursor.execute(_FOUND)
                self._seen = await cursor.fetchone()
        except LockNotAvailable:
            pass
        except (UndefinedTable, InsufficientPrivilege):
            self._seen = None
        if self._seen is None or self._seen[0] < ours:
            return BEHIND
        return BEYOND if self._seen[1] > ours else None


def raise_to(connection: Connection[Any], revision: str) -> str:
    """Record that every process has this revision. Returns the one recorded: a later one stays."""
    [(reached,)] = connection.execute(_RAISED, (revision,)).fetchall()
    return str(reached)
