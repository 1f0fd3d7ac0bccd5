"""How far each lane was taken in; the row lock lets one consumer, or one operator, at a time pass."""

from notifications.adapters.database.connecting import Connection
from notifications.adapters.sources import Batch


class Moved(Exception):
    """Another process took the lane further than we thought: read its position again."""


async def positions(db: Connection) -> dict[str, str]:
    """By lane."""
    rows = await (await db.execute("SELECT lane, position FROM positions")).fetchall()
    await db.commit()
    return {row["lane"]: row["position"] for row in rows}


async def move(db: Connection, batch: Batch, expected: str | None) -> None:
    """Within the caller's transaction. Raises `Moved` unless the lane still is where the batch began."""
    await db.execute(
        "INSERT INTO positions (lane, network_id, position) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [batch.lane, batch.network, expected or ""],
    )
    moved = await db.execute(
        "UPDATE positions SET position = %s, caught_up_at = CASE WHEN %s THEN now() ELSE caught_up_at END"
        " WHERE lane = %s AND position = %s RETURNING lane",
        [batch.position, batch.caught_up, batch.lane, expected or ""],
    )
    if await moved.fetchone() is None:
        raise Moved(batch.lane)


async def hold_still(db: Connection, network: str) -> None:
    """Until the transaction ends no message of the network is taken in."""
    await db.execute("SELECT 1 FROM positions WHERE network_id = %s ORDER BY lane FOR UPDATE", [network])
