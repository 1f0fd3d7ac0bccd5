"""Fetches what is missing of episodes. Each event takes effect in its turn, from wherever it comes.

What cannot be had for long is an incident, told by the clinic's inbox and a metric. It is tried on, seldom.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import NoReturn

import structlog

from notifications.answers import Doubtful, NoAnswer
from notifications.postgres.connections import Connect, Connection, within
from notifications.reacting.background import repeat
from notifications.reacting.complaints import Complaints
from notifications.reacting.gap_rows import ToHeal, claim, declare_incidents, reached
from notifications.reacting.intake import take_in
from notifications.reacting.messages import FeedMessage, Message
from notifications.reacting.positions import hold_still
from notifications.reacting.published import EventsPage, PublishedLog

AT_ONCE = 8
"""How many episodes are asked for at once."""

PAUSE_SECONDS = 1.0
PLACE = "published events of the episode"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Healing:
    """One for each `consume` process; several share the work. After `patience` a gap is an incident."""

    connect: Connect
    published: PublishedLog
    networks: Sequence[str]
    patience: timedelta
    episodes_url: str
    complaints: Complaints = field(default_factory=Complaints)

    async def run(self) -> NoReturn:
        """Heal for ever. What the database or the episodes service refuses now is tried again."""
        await repeat(self.connect, self.once, PAUSE_SECONDS, "healing begins again")

    async def once(self, db: Connection) -> bool:
        """Heal the gaps that are due, as many as are fetched at once. Whether there were any."""
        async with within(db, *self.networks):
            due = await claim(db, self.networks, AT_ONCE)
            if new := await declare_incidents(db, self.networks, self.patience, self.episodes_url):
                log.error("published events are missing: see `notifications missing list`", count=new)
        left = due
        while left:
            left = await self._step(db, left)
        return bool(due)

    async def _step(self, db: Connection, gaps: Sequence[ToHeal]) -> list[ToHeal]:
        """Fetch a page for each gap, and take them in. Returns the gaps that have a further page."""
        pages = await asyncio.gather(*(self._page(gap) for gap in gaps))
        found = [(gap, page) for gap, page in zip(gaps, pages, strict=True) if page is not None]
        found.sort(key=lambda it: it[0].network_id)
        for network, of_one in groupby(found, key=lambda it: it[0].network_id):
            messages = [_message(network, event) for _, page in of_one for event in page.events]
            await take_in(db, network, messages, partial(hold_still, db, network))
        return [it for gap, page in found if page.more and (it := await self._rest(db, gap)) is not None]

    async def _page(self, gap: ToHeal) -> EventsPage | None:
        try:
            return await self.published.events(gap.network_id, gap.episode_id, gap.after_sequence)
        except Doubtful as doubt:
            self.complaints.error("what is missing cannot be told", gap.network_id, str(doubt))
        except NoAnswer as silence:
            self.complaints.warning("what is missing cannot be fetched", gap.network_id, str(silence))
        return None

    async def _rest(self, db: Connection, gap: ToHeal) -> ToHeal | None:
        """What is left of a gap of which something came; None if nothing is, or nothing came."""
        async with within(db, gap.network_id):
            after = await reached(db, gap.network_id, gap.episode_id)
        if after is None or after <= gap.after_sequence:
            return None
        return ToHeal(gap.network_id, gap.episode_id, after, gap.up_to)


def _message(network: str, event: dict[str, object]) -> Message:
    return FeedMessage(network, PLACE, event)
