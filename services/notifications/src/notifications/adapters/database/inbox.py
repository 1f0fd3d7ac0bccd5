"""The inbox of a clinic's staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications.adapters.database.connecting import Connection
from notifications.application.access import Caller

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class After:
    """The last item of the page before."""

    recorded_at: datetime
    item_id: UUID


async def newest(
    db: Connection, caller: Caller, acknowledged: bool | None, after: After | None, limit: int
) -> list[Row]:
    """Of the caller's clinics, newest first."""
    cursor = await db.execute(
        "SELECT * FROM inbox WHERE network_id = %(network)s AND clinic_id = ANY (%(clinics)s)"
        " AND (%(acknowledged)s::boolean IS NULL OR (acknowledged_at IS NOT NULL) = %(acknowledged)s)"
        " AND (%(at)s::timestamptz IS NULL OR (recorded_at, item_id) < (%(at)s, %(item)s::uuid))"
        " ORDER BY recorded_at DESC, item_id DESC LIMIT %(limit)s",
        {
            "network": caller.network,
            "clinics": list(caller.clinics),
            "acknowledged": acknowledged,
            "at": after.recorded_at if after else None,
            "item": after.item_id if after else None,
            "limit": limit,
        },
    )
    return await cursor.fetchall()


async def acknowledge(db: Connection, caller: Caller, item_id: UUID) -> Row | None:
    """The first acknowledgement stays; none, if the item is not in the caller's clinics."""
    cursor = await db.execute(
        "UPDATE inbox SET acknowledged_at = coalesce(acknowledged_at, now()),"
        " acknowledged_by = coalesce(acknowledged_by, %s)"
        " WHERE network_id = %s AND item_id = %s AND clinic_id = ANY (%s) RETURNING *",
        [caller.subject, caller.network, item_id, list(caller.clinics)],
    )
    return await cursor.fetchone()
