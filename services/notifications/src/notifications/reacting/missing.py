"""The operator's view of missing events: list, and go on without them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from psycopg.rows import class_row

from notifications.postgres.connections import Connection
from notifications.reacting.held_rows import pass_gap
from notifications.reacting.ledger import Ledger
from notifications.reacting.positions import hold_still
from notifications.reacting.react import take_all_held

log = structlog.get_logger()


class CannotGoOn(Exception):
    """The episode goes on waiting, for the reason given."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An episode that waits: some events after number `after_sequence` are missing, `held` are here."""

    network_id: str
    episode_id: UUID
    after_sequence: int
    up_to: int
    noticed_at: datetime
    tries: int
    incident_at: datetime | None
    held: int


_OPEN = """
SELECT network_id, episode_id, after_sequence, up_to, noticed_at, tries, incident_at, (
    SELECT count(*) FROM held_events h
    WHERE h.network_id = g.network_id AND h.episode_id = g.episode_id AND h.taken_at IS NULL) AS held
FROM gaps g WHERE ended_at IS NULL
"""


async def list_missing(db: Connection) -> list[Missing]:
    """Every episode that waits, the longest waiting first."""
    async with db.cursor(row_factory=class_row(Missing)) as cursor:
        return await (await cursor.execute(f"{_OPEN} ORDER BY noticed_at, episode_id")).fetchall()


async def go_on(db: Connection, episode: UUID) -> tuple[Missing, int]:
    """Take in what is held of the episode although something before it is missing.

    Returns the gap that is passed over, and how many events took effect. Raises `CannotGoOn`.
    """
    async with db.transaction():
        await hold_still(db, (await _find(db, episode)).network_id)
        gap = await _find(db, episode)  # as it is, now that nothing comes in any more
        ledger = Ledger(db)
        if await ledger.has_parked(gap.network_id, episode):
            raise CannotGoOn("a parked message of the episode comes first: see `notifications parked list`")
        taken = await take_all_held(ledger, gap.network_id, episode)
        await pass_gap(db, gap.network_id, episode)
    log.warning("missing events passed over", network=gap.network_id, count=taken)
    return gap, taken


async def _find(db: Connection, episode: UUID) -> Missing:
    async with db.cursor(row_factory=class_row(Missing)) as cursor:
        found = await (await cursor.execute(f"{_OPEN} AND episode_id = %s", [episode])).fetchall()
    match found:
        case []:
            raise CannotGoOn("nothing is missing in such an episode")
        case [gap]:
            return gap
        case _:
            raise CannotGoOn("such an episode is in several networks: name one in NOTIFICATIONS_NETWORKS")
