"""Times that contradict each other."""

from collections.abc import Iterator
from datetime import timedelta

from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.doubts.doubt import Doubt, Told

ROUNDING = timedelta(minutes=1)
"""By how much a duration in whole minutes may differ from the times between which it is measured."""


def contradicting_times(told: Told) -> Iterator[Doubt]:
    """Whether the times of an entry contradict each other."""
    fact = told.entry.fact
    if isinstance(fact, SessionDelivered) and _lasts_otherwise(fact):
        yield Doubt("contradicting-times", "/duration")


def _lasts_otherwise(session: SessionDelivered) -> bool:
    """Whether the stated duration is over a minute away from the time between start and end."""
    if session.duration is None or session.start is None or session.end is None:
        return False
    return abs(session.end - session.start - timedelta(minutes=session.duration)) > ROUNDING
