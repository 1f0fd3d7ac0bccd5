"""The inbox of a clinic's staff: of their network, and of the clinics their token names."""

from typing import Any
from uuid import UUID

from notifications.adapters.database.connecting import Connection
from notifications.application.access import Caller

Row = dict[str, Any]


async def newest(
    db: Connection, caller: Caller, acknowledged: bool | None, after: UUID | None, limit: int
) -> list[Row]:
    """Newest first; `after` is the last item of the page before."""
    cursor = await db.execute(
        "SELECT * FROM inbox WHERE network_id = %(network)s AND clinic_id = ANY (%(clinics)s)"
        " AND (%(acknowledged)s::boolean IS NULL OR (acknowledged_at IS NOT NULL) = %(acknowledged)s)"
        " AND (%(after)s::uuid IS NULL OR (recorded_at, item_id) <"
        " (SELECT recorded_at, item_id FROM inbox WHERE network_id = %(network)s AND item_id = %(after)s))"
        " ORDER BY recorded_at DESC, item_id DESC LIMIT %(limit)s",
        {
            "network": caller.network,
            "clinics": list(caller.clinics),
            "acknowledged": acknowledged,
            "after": after,
            "limit": limit,
        },
    )
    return await cursor.fetchall()


async def find(db: Connection, caller: Caller, item_id: UUID) -> Row | None:
    """None, if it is not in the caller's clinics."""
    cursor = await db.execute(
        "SELECT * FROM inbox WHERE network_id = %s AND item_id = %s AND clinic_id = ANY (%s)",
        [caller.network, item_id, list(caller.clinics)],
    )
    return await cursor.fetchone()


async def acknowledge(db: Connection, caller: Caller, item_id: UUID) -> Row | None:
    """The first acknowledgement stays; None, if the item is not in the caller's clinics."""
    cursor = await db.execute(
        "UPDATE inbox SET acknowledged_at = coalesce(acknowledged_at, now()),"
        " acknowledged_by = coalesce(acknowledged_by, %s)"
        " WHERE network_id = %s AND item_id = %s AND clinic_id = ANY (%s) RETURNING *",
        [caller.subject, caller.network, item_id, list(caller.clinics)],
    )
    return await cursor.fetchone()
