"""Events that the feed passes over because they cannot be read: each is said once, and all are counted."""

from typing import Final

import structlog

from episodes.event_log.stored_form import Unreadable
from episodes.http.metrics import FEED_PASSED_OVER

MOST: Final = 1_000
"""So many are told apart; beyond that the gauge stands still and nothing more is said."""


class PassedOver:
    """The places in the log of those that one process has met."""

    def __init__(self) -> None:
        self._places: set[int] = set()

    def tell(self, place: int, why: Unreadable) -> None:
        if place in self._places or len(self._places) >= MOST:
            return
        self._places.add(place)
        FEED_PASSED_OVER.set(len(self._places))
        structlog.get_logger("feed").error("event passed over", position=place, reason=str(why))
