"""Compares what was published with what is known here, so that a missing last event is found, too.

The episodes service tells the last published number of each episode, a stretch of its log after the other.
An episode that is behind has a gap, which healing closes. Where the comparing stands is stored with what it
found.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import psycopg
import structlog

from notifications.answers import AnotherLog, Doubtful, NoAnswer
from notifications.postgres.connections import Connect, Connection, within
from notifications.reacting.background import repeat
from notifications.reacting.complaints import Complaints
from notifications.reacting.held_rows import HEAL_AFTER
from notifications.reacting.published import NumbersPage, PublishedLog

PAUSE_SECONDS = 5.0
"""Between two questions at the end of the log, and after a failure."""
REST_SECONDS = 0.45
"""Between two pages before the end, for whoever records and reads: a page costs both services some 40 ms."""

_FIND = f"""
INSERT INTO gaps (network_id, episode_id, clinic_id, after_sequence, up_to, next_try_at)
SELECT %(network)s, told.episode, told.clinic, coalesce(last_sequence, 0), told.number, now() + {HEAL_AFTER}
FROM unnest(%(episodes)s::uuid[], %(clinics)s::uuid[], %(numbers)s::bigint[]) AS told(episode, clinic, number)
LEFT JOIN known_episodes ON network_id = %(network)s AND episode_id = told.episode
WHERE coalesce(last_sequence, 0) < told.number
ON CONFLICT (episode_id, network_id) WHERE ended_at IS NULL DO UPDATE
SET up_to = greatest(gaps.up_to, excluded.up_to)
RETURNING 1
"""  # noqa: S608 - our own words
_MOVE = """
INSERT INTO comparisons (network_id, position, reached_at)
VALUES (%(network)s, %(next)s, now() - make_interval(secs => %(behind)s))
ON CONFLICT (network_id) DO UPDATE SET position = excluded.position, reached_at = excluded.reached_at
"""
_START_OVER = "UPDATE comparisons SET position = NULL WHERE network_id = %s"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Comparing:
    """One for each `consume` process. Two that compare the same find the same.

    `by_feed`: only what we have read of the feed ourselves can be missing.
    """

    connect: Connect
    published: PublishedLog
    networks: Sequence[str]
    by_feed: bool
    complaints: Complaints = field(default_factory=Complaints)

    async def run(self) -> NoReturn:
        """Compare for ever, from where it stopped."""
        await repeat(self.connect, self.once, PAUSE_SECONDS, "comparing begins again")

    async def once(self, db: Connection) -> bool:
        """Compare one page of each network. Whether there may be another page at once."""
        more = any([await self._network(db, network) for network in self.networks])
        if more:
            await asyncio.sleep(REST_SECONDS)
        return more

    async def _network(self, db: Connection, network: str) -> bool:
        try:
            return await self._page(db, network)
        except AnotherLog as doubt:
            self.complaints.error("comparing starts over", network, str(doubt))
            async with within(db, network):
                await db.execute(_START_OVER, [network])
        except Doubtful as doubt:
            self.complaints.error("what was published is not told", network, str(doubt))
        except NoAnswer as silence:
            self.complaints.warning("nothing is compared now", network, str(silence))
        except (psycopg.DataError, psycopg.ProgrammingError) as fault:  # of this answer, not of the others
            self.complaints.error("what was published cannot be compared", network, type(fault).__name__)
        return False

    async def _page(self, db: Connection, network: str) -> bool:
        async with within(db, network):
            position, read = await _where(db, network)
        if self.by_feed and read is None:
            return False
        page = await self.published.last_numbers(network, position, read if self.by_feed else None)
        async with within(db, network):
            found = await _find(db, network, page)
            moved = {"network": network, "next": page.next, "behind": page.behind_seconds}
            await db.execute(_MOVE, moved)
        if found:
            log.warning("episodes are behind what was published", network=network, count=found)
        return page.next != position


async def _where(db: Connection, network: str) -> tuple[str | None, str | None]:
    """Where the comparing stands, and where the feed was read to."""
    query = (
        "SELECT (SELECT position FROM comparisons WHERE network_id = %(network)s) AS compared,"
        " (SELECT position FROM positions WHERE lane = 'feed/' || %(network)s) AS read"
    )
    row = await (await db.execute(query, {"network": network})).fetchone()
    assert row is not None
    return row["compared"], row["read"] or None


async def _find(db: Connection, network: str, page: NumbersPage) -> int:
    """Open a gap for each episode that is behind, unless it has one. Returns how many are."""
    told = {
        "network": network,
        "episodes": [it.episode for it in page.episodes],
        "clinics": [it.clinic for it in page.episodes],
        "numbers": [it.sequence for it in page.episodes],
    }
    return len(await (await db.execute(_FIND, told)).fetchall())
