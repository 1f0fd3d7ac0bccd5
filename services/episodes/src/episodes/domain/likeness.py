"""A number for what an entry states: entries that say the same have the same.

Two entries are compared by it where their facts are no longer whole. It is Python's own hash, which differs
from process to process: it is kept in memory alone.
"""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from functools import cache, partial
from typing import Any, get_type_hints

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.care.assessments import Assessed
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered, SessionNotDelivered
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED
from episodes.domain.vocabulary import BY_NAME

COMPARED = (Assessed, ResponseNoted, SessionChecked, SessionNotDelivered)
"""The kinds that are compared by what they say. All others are of no likeness, which is 0."""


def likeness(fact: Any) -> int:
    """The likeness of what the caller stated, whatever the service computed.

    It is a sum over the fields: that of an addition is added to that of its entry, and that of a correction
    is the likeness of what it puts in place. Of a session it is the minute in which it began.
    """
    match fact:
        case SessionDelivered():
            return minute_of(fact.start)
        case EntryCorrected(replacement=whole):
            return likeness(whole)
        case EntryAddedTo(of="session-delivered.1", added=added):
            return minute_of(added.get("start"))
        case EntryAddedTo(of=of, added=added):
            return _sum(BY_NAME[of].fact, added.get)
        case _:
            return _sum(type(fact), partial(getattr, fact))


def minute_of(start: datetime | None) -> int:
    """The minute in which a session began, counted from 1970: 0 if it is not known."""
    return 0 if start is None else int(start.timestamp()) // 60


def likeness_of(entry: RecordedEvent[Any]) -> int:
    return likeness(entry.fact) if entry.likeness is None else entry.likeness


def _sum(kind: Any, stated: Callable[[str], Any]) -> int:
    total = 0
    for name in _stated(kind) if kind in COMPARED else ():  # a loop, because each command passes through it
        value = stated(name)
        if value is not None and value != ():
            total += hash((name, value))
    return total


@cache
def _stated(kind: Any) -> tuple[str, ...]:
    hints = get_type_hints(kind, include_extras=True)
    names = (field.name for field in fields(kind))
    return tuple(name for name in names if COMPUTED not in getattr(hints[name], "__metadata__", ()))
