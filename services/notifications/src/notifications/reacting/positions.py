"""The position reached in each lane. Its row lock admits one consumer or operator at a time."""

from collections.abc import Mapping, Sequence

from notifications.postgres.connections import Connection
from notifications.reacting.sources import Batch


class Moved(Exception):
    """Another process has moved the lane's position, so it must be read again."""


async def positions(db: Connection) -> dict[str, str]:
    """The positions reached, by lane."""
    rows = await (await db.execute("SELECT lane, position FROM positions")).fetchall()
    await db.commit()
    return {row["lane"]: row["position"] for row in rows}


async def topics(db: Connection) -> dict[str, str]:
    """The ids of the topics whose offsets the positions are, by lane, where they are known."""
    found = await db.execute("SELECT lane, topic_id::text FROM positions WHERE topic_id IS NOT NULL")
    rows = await found.fetchall()
    await db.commit()
    return {row["lane"]: row["topic_id"] for row in rows}


async def move(db: Connection, batches: Sequence[Batch], known: Mapping[str, str]) -> None:
    """Move the lanes, in the caller's transaction. Raises `Moved` unless each is where its batch began."""
    lanes = [batch.lane for batch in batches]
    began = [known.get(lane, "") for lane in lanes]
    await db.execute(
        "INSERT INTO positions (lane, network_id, position)"
        " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING",
        [lanes, [batch.network for batch in batches], began],
    )
    moved = await db.execute(
        "UPDATE positions p SET position = w.position,"
        " caught_up_at = CASE WHEN caught_up THEN now() ELSE caught_up_at END,"
        " topic_id = topic::uuid, deleted_unread = deleted_unread + deleted"
        " FROM unnest(%s::text[], %s::text[], %s::text[], %s::boolean[], %s::text[], %s::bigint[])"
        " AS w(lane, began, position, caught_up, topic, deleted)"
        " WHERE p.lane = w.lane AND p.position = began RETURNING p.lane",
        [
            lanes,
            began,
            [batch.position for batch in batches],
            [batch.caught_up for batch in batches],
            [batch.topic for batch in batches],
            [batch.deleted for batch in batches],
        ],
    )
    if left := set(lanes) - {row["lane"] for row in await moved.fetchall()}:
        raise Moved(", ".join(sorted(left)))


async def hold_still(db: Connection, network: str) -> None:
    """Lock the network's lanes, so that no message is taken in until the transaction ends."""
    await db.execute("SELECT 1 FROM positions WHERE network_id = %s ORDER BY lane FOR UPDATE", [network])
