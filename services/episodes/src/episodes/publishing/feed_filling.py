"""Fills a page of the feed from rows of the log: which events it holds, and which position it tells.

What is told depends on the caller's own events alone, however many rows are read at once and whatever is
asked for: from pages with other limits nobody learns what lies between. Past rows of others a position moves
by `STRETCH` rows at a time, so that a quiet network need not read them again for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from episodes.access import Caller
from episodes.publishing.feed import MAX_EVENTS
from episodes.publishing.feed_positions import FeedPosition
from episodes.publishing.shared_pages import FeedRow

STRETCH = 1_000
"""So many rows a page with events looks through before it is answered, though it may hold more."""
LEAST_ROWS = 100
"""How many rows are read at a time at least, however few are asked for."""


@dataclass(slots=True)
class Filling:
    """A page for a caller, of up to `limit` events. `read_to` is where it was read to, `told` what it tells.

    `at_end`: whether nothing for the caller was left in the log when it was last read.
    """

    who: Caller
    limit: int
    told: FeedPosition
    read_to: FeedPosition = field(init=False)
    events: list[FeedRow] = field(default_factory=list)
    at_end: bool = False
    _rows: int = 0
    _since_told: int = 0

    def __post_init__(self) -> None:
        self.read_to = self.told

    def take(self, rows: Sequence[FeedRow], *, last: bool) -> None:
        """Take the rows that follow, until the page is full. `last`: the log ends with them.

        Raises what forbids to skip a row.
        """
        for number, row in enumerate(rows, 1):
            self._take(row)
            if self.is_full:
                self.at_end = last and not any(left.shown_to(self.who) for left in rows[number:])
                return
        self.at_end = last

    def _take(self, row: FeedRow) -> None:
        self._rows += 1
        self._since_told += 1
        shown = row.shown_to(self.who)
        if shown:
            self.events.append(row)
        if shown or self._since_told == STRETCH:
            self.told, self._since_told = row.position, 0
        self.read_to = row.position

    @property
    def is_full(self) -> bool:
        return len(self.events) == self.limit

    @property
    def is_enough(self) -> bool:
        """Whether to answer with what there is."""
        return self.is_full or (bool(self.events) and (self.at_end or self._rows >= STRETCH))

    @property
    def wants(self) -> int:
        """How many rows to read next: at the end few are new, else as many as should fill the page, by the
        share of the caller's events so far."""
        left = self.limit - len(self.events)
        if self.at_end:
            rows = LEAST_ROWS
        elif not self._rows:
            rows = left
        elif not self.events:
            rows = MAX_EVENTS
        else:
            rows = left * self._rows // len(self.events)
        return min(max(rows, LEAST_ROWS), MAX_EVENTS)
