"""The inbox of clinic staff, limited to their network and to the clinics that their token names."""

from typing import Any
from uuid import UUID

from notifications.access import Caller
from notifications.postgres.connections import Connection

Row = dict[str, Any]

_VISIBLE = """
SELECT * FROM inbox
WHERE network_id = %(network)s AND clinic_id = ANY (%(clinics)s)
    AND (recipient_id IS NULL OR recipient_id = %(subject)s OR NOT %(only_own)s)
    AND (%(item)s::uuid IS NULL OR item_id = %(item)s)
    AND (%(acknowledged)s::boolean IS NULL OR (acknowledged_at IS NOT NULL) = %(acknowledged)s)
    AND (%(after)s::uuid IS NULL OR (recorded_at, item_id) <
        (SELECT recorded_at, item_id FROM inbox WHERE network_id = %(network)s AND item_id = %(after)s))
ORDER BY recorded_at DESC, item_id DESC
LIMIT %(limit)s
"""
"""A therapist does not see items addressed to another therapist; supervisors and coordinators do."""


async def newest(
    db: Connection, caller: Caller, acknowledged: bool | None, after: UUID | None, limit: int
) -> list[Row]:
    """A page of items, newest first. `after` is the last item of the previous page."""
    page = {"acknowledged": acknowledged, "after": after, "item": None, "limit": limit}
    return await (await db.execute(_VISIBLE, _bounds(caller) | page)).fetchall()


async def find(db: Connection, caller: Caller, item_id: UUID) -> Row | None:
    """The item, or None if the caller may not see it."""
    only = {"acknowledged": None, "after": None, "item": item_id, "limit": 1}
    return await (await db.execute(_VISIBLE, _bounds(caller) | only)).fetchone()


async def acknowledge(db: Connection, caller: Caller, item_id: UUID) -> Row | None:
    """Acknowledge the item, unless it is acknowledged already. None if the caller may not see it."""
    if await find(db, caller, item_id) is None:
        return None
    cursor = await db.execute(
        "UPDATE inbox SET acknowledged_at = coalesce(acknowledged_at, now()),"
        " acknowledged_by = coalesce(acknowledged_by, %s)"
        " WHERE network_id = %s AND item_id = %s RETURNING *",
        [caller.subject, caller.network, item_id],
    )
    return await cursor.fetchone()


def _bounds(caller: Caller) -> dict[str, Any]:
    return {
        "network": caller.network,
        "clinics": list(caller.clinics),
        "subject": caller.subject,
        "only_own": caller.only_own_items,
    }
