"""A number for what an entry states: entries that say the same have the same.

Two entries are compared by it where their facts are no longer whole. It is the same in every process, which
Python's own hash of a text or a date is not: states are kept with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache, partial
from operator import attrgetter
from types import MappingProxyType, NoneType
from typing import Any, get_type_hints
from uuid import UUID
from zlib import crc32

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.care.assessments import Assessed
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered, SessionNotDelivered
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED
from episodes.domain.vocabulary import BY_NAME

_32_BITS = 0xFFFFFFFF
_NOTHING = 0x6E6F6E65
"""Stands for what is not said, which is not zero."""

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
    for name, number in _stated(kind) if kind in COMPARED else ():  # a loop: each command passes through it
        value = stated(name)
        if value is not None and value != ():
            total += hash((number, _number_of(value))) & _32_BITS  # so that no sum is a large number
    return total


def _number_of(value: Any) -> int:
    """A number for a value. Python's hash of numbers and of instants is the same everywhere."""
    kind: Any = type(value)
    number = _NUMBERS.get(kind)  # by type, because each command passes through it with all its values
    if number is not None:
        return number(value)
    return hash(tuple([_number_of(part) for part in _values_of(kind)(value)]))


def _number_of_number(value: float) -> int:
    """Python has one hash for -1 and -2."""
    return hash(value) if value >= 0 else ~hash(-value)


def _number_of_text(value: str) -> int:
    return crc32(value.encode(errors="surrogatepass"))


_NUMBERS: Mapping[type[Any], Callable[[Any], int]] = MappingProxyType(
    {
        NoneType: lambda _: _NOTHING,
        str: _number_of_text,
        bool: hash,
        int: _number_of_number,
        float: _number_of_number,
        datetime: hash,
        date: date.toordinal,
        UUID: attrgetter("int"),
        tuple: lambda values: hash(tuple([_number_of(one) for one in values])),
    }
)


@cache
def _values_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Gets what a part of a fact consists of."""
    names = [field.name for field in fields(kind)]
    return attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)


@cache
def _stated(kind: Any) -> tuple[tuple[str, int], ...]:
    """The names of the fields that a caller states, each with its number."""
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in fields(kind)]
    stated = (name for name in names if COMPUTED not in getattr(hints[name], "__metadata__", ()))
    return tuple((name, _number_of_text(name)) for name in stated)
