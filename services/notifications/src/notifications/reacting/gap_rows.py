"""Which gaps are to be healed now, and which have become incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

from psycopg.rows import class_row

from contracts.envelope import timestamp
from notifications.postgres.connections import Connection
from notifications.reacting.owed import InboxOwed
from notifications.reacting.owed_rows import to_inbox

SELDOM = "interval '5 minutes'"
"""The longest time between two tries."""

_CLAIM = f"""
UPDATE gaps SET tries = tries + 1,
    next_try_at = now() + least({SELDOM}, interval '4 seconds' * power(2, least(tries, 10)))
WHERE gap_id IN (
    SELECT gap_id FROM (
        SELECT gap_id, next_try_at, row_number() OVER (PARTITION BY network ORDER BY next_try_at) AS turn
        FROM unnest(%(networks)s::text[]) AS network, LATERAL (
            SELECT gap_id, next_try_at FROM gaps
            WHERE network_id = network AND ended_at IS NULL AND next_try_at <= now()
                AND NOT EXISTS (
                    SELECT 1 FROM parked WHERE parked.network_id = gaps.network_id
                        AND parked.episode_id = gaps.episode_id AND parked.resolved_at IS NULL)
            ORDER BY next_try_at LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS of_one) AS due
    ORDER BY turn, next_try_at LIMIT %(most)s)
AND network_id = ANY (%(networks)s)
RETURNING network_id, episode_id, after_sequence, up_to
"""  # noqa: S608 - our own words
"""Networks take turns. The next try is set already, so that a process that ends leaves nothing behind. What
follows a parked message waits for an operator, and is not fetched.
"""

_INCIDENTS = """
UPDATE gaps SET incident_at = now()
WHERE network_id = ANY (%s) AND ended_at IS NULL AND incident_at IS NULL AND noticed_at <= now() - %s
RETURNING network_id, episode_id, clinic_id, after_sequence, incident_at
"""


@dataclass(frozen=True, slots=True)
class ToHeal:
    """An episode of which events are missing."""

    network_id: str
    episode_id: UUID
    after_sequence: int
    up_to: int


async def claim(db: Connection, networks: Sequence[str], most: int) -> list[ToHeal]:
    """The gaps whose healing is due, for this process for some seconds."""
    async with db.cursor(row_factory=class_row(ToHeal)) as cursor:
        await cursor.execute(_CLAIM, {"networks": list(networks), "most": most})
        return await cursor.fetchall()


async def reached(db: Connection, network: str, episode: UUID) -> int | None:
    """The number up to which nothing is missing in an episode with a gap. None if it has none any more."""
    query = "SELECT after_sequence FROM gaps WHERE network_id = %s AND episode_id = %s AND ended_at IS NULL"
    row = await (await db.execute(query, [network, episode])).fetchone()
    return None if row is None else row["after_sequence"]


async def declare_incidents(
    db: Connection, networks: Sequence[str], after: timedelta, episodes_url: str
) -> int:
    """Tell the clinics of gaps that could not be healed for so long. Returns how many are new."""
    rows = await (await db.execute(_INCIDENTS, [list(networks), after])).fetchall()
    for row in rows:
        about = {
            "network": row["network_id"],
            "event": str(uuid5(row["episode_id"], f"missing after {row['after_sequence']}")),
            "episode": str(row["episode_id"]),
            "occurred_at": timestamp(row["incident_at"]),
            "precision": "second",
            "recorded_at": timestamp(row["incident_at"]),
            "dataref": f"{episodes_url}/v1/episodes/{row['episode_id']}",
        }
        await to_inbox(db, about, InboxOwed(row["clinic_id"], "notice", "events_missing"))
    return len(rows)
