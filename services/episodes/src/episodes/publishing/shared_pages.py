"""Pages of the log, each read once for all of a network who ask for it before it is read.

Whatever is recorded wakes every long-poll of a network at once, all at the same position. What they share is
dropped as soon as they have it, so that nothing of a client erased since is answered from memory.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from contracts.codec import to_json
from episodes.access import Caller
from episodes.errors import TooManyRequests
from episodes.event_log.reader import Ground, Log, Row
from episodes.event_log.stored_form import Unreadable
from episodes.gate import Gate
from episodes.http.metrics import FEED_PAGES
from episodes.publishing.feed_positions import FeedPosition
from episodes.publishing.mapping import published, published_name
from episodes.publishing.passing_over import PassedOver
from episodes.turns import Limits
from episodes.visibility import may_have_recorded, recorded_by


class FeedRow:
    """A row of the log, shared by all who read its page: its event is decrypted and mapped at most once."""

    def __init__(self, row: Row, public_url: str, passed_over: PassedOver) -> None:
        self._row = row
        self._passed_over = passed_over
        self._public_url = public_url
        self.position = FeedPosition.of(row.position, row.id)

    def shown_to(self, caller: Caller) -> bool:
        """Whether it holds a published event that a clinic of the caller recorded.

        One that cannot be read is passed over and counted. Whoever follows sees the gap it leaves in the
        `sequence` of its episode.
        """
        try:
            metadata = self._row.metadata
            if metadata is None or not may_have_recorded(caller, metadata):
                return False
            return recorded_by(caller, self._row.entry) and bool(self.text)  # mapped here, where it may fail
        except Unreadable as why:
            self._passed_over.tell(self.position.place, why)
            return False

    @cached_property
    def text(self) -> str:
        """The event as the feed has it."""
        event = published(self._row.entry, self._public_url)
        assert event is not None, "only published events are wanted"
        return to_json(event)


PATIENCE = 30.0
"""How many seconds an answer of the feed waits for its turn before its caller gets 503."""

Place = tuple[str, int]
"""A network and the position in the log after which it reads."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the log has at a position, and the rows after it."""

    ground: Ground
    rows: Sequence[FeedRow]


@dataclass(eq=False)
class _Look:
    """A page that will be read: of as many rows as the most demanding of those who share it wants."""

    most: int
    page: "asyncio.Task[Page]" = field(init=False)


class SharedPages:
    """Belongs to one event loop."""

    def __init__(self, log: Log, public_url: str) -> None:
        self._log = log
        self._public_url = public_url
        self._passed_over = PassedOver()
        self._looks: dict[Place, _Look] = {}
        self._rounds = Gate(1, Limits(sys.maxsize, sys.maxsize), PATIENCE)

    async def turn(self) -> None:
        """Wait for a turn to answer: each round of the event loop has one for the feed.

        Hundreds of long-polls are woken at once. Answered one after another, they do not hold up others.
        Those that wait on take no turn, so that they stay together and share the next page, too.
        """
        async with self._rounds.turn():
            await asyncio.sleep(0)

    async def page(self, network: str, after: int, most: int) -> Page:
        """Up to `most` rows after a position, as they are recorded now, and what stands at it.

        A page is read in the turn of whoever asks for it first. Its line being full is nobody else's concern.
        """
        while True:
            look = self._looks.get((network, after))
            first = look is None
            if look is None:
                look = self._begin((network, after), most)
            look.most = max(look.most, most)
            try:
                page = await asyncio.shield(look.page)
                return Page(page.ground, page.rows[:most])
            except TooManyRequests:
                if first:
                    raise

    def _begin(self, place: Place, most: int) -> _Look:
        look = self._looks[place] = _Look(most)
        look.page = asyncio.create_task(self._read(place, look))
        look.page.add_done_callback(lambda task: task.cancelled() or task.exception())  # all may have left
        return look

    async def _read(self, place: Place, look: _Look) -> Page:
        def begun() -> int:
            self._close(place, look)
            return look.most

        try:
            FEED_PAGES.inc()
            ground, rows = await self._log.page(*place, begun, _is_published)
            return Page(ground, [FeedRow(row, self._public_url, self._passed_over) for row in rows])
        finally:
            self._close(place, look)

    def _close(self, place: Place, look: _Look) -> None:
        """From here on whoever comes may know of something recorded later."""
        if self._looks.get(place) is look:
            del self._looks[place]


def _is_published(name: str) -> bool:
    return published_name(name) is not None
