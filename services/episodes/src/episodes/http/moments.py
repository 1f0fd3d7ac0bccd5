"""Times and days as callers write them."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Bounds

from episodes.domain.written_times import WrittenDay, WrittenTime

D = TypeVar("D", bound=date)


class Form(Enum):
    """What may be written in a field."""

    TIME = "a time"
    DAY = "a day"
    TIME_AS_KNOWN = "a time as exactly as it is known"
    DAY_AS_KNOWN = "a day, a month or a year"


YEARS = range(1900, 2200)
NOT_THERE = "a day and a time that exist"

_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"\d{2}:\d{2}(:\d{2}(\.\d{1,30})?)?"
_RFC_3339 = rf"{_DATE}[Tt]{_TIME}([Zz]|[+-]\d{{2}}:\d{{2}})"
_CALENDAR = r"\d{4}(-\d{2}(-\d{2})?)?"
_LEAP_SECOND = re.compile(r"(?<=:\d\d:)60(\.\d+)?")
_TO_THE_MINUTE = len("2026-11-02T10:00")
_PRECISION_OF = {len("2026"): "year", len("2026-11"): "month", len("2026-11-02"): "day"}


def _moment(text: str) -> datetime:
    return _within_years(_read(_time, text))


def _day(text: str) -> date:
    return _within_years(_read(date.fromisoformat, text))


def _written_time(text: str) -> WrittenTime:
    if (precision := _PRECISION_OF.get(len(text))) is None:
        written = _within_years(_read(_written, text))
        written.precision = "minute" if text[_TO_THE_MINUTE] != ":" else "second"
        return written
    first = _written_day(text)
    written = WrittenTime(first.year, first.month, first.day)
    written.precision = precision
    return written


def _written_day(text: str) -> WrittenDay:
    written = _within_years(_read(WrittenDay.fromisoformat, text + "2000-01-01"[len(text) :]))
    written.precision = _PRECISION_OF[len(text)]
    return written


def _read(parse: Callable[[str], D], text: str) -> D:
    """What Python reads, without its sentences, some of which quote what they read, and without what it
    reads beyond RFC 3339: digits of other scripts, and offsets of 60 minutes and more beside the hours.
    """
    if text.isascii() and not (text[-3] == ":" and text[-2:] > "59"):
        with suppress(ValueError):
            return parse(text)
    raise ValueError(NOT_THERE)


def _time(text: str) -> datetime:
    """A leap second is kept as the last moment of the second before it, of which it is not told apart."""
    text = text.upper()
    if ":60" not in text:  # it spares almost every time two searches
        return datetime.fromisoformat(text)
    read = datetime.fromisoformat(_LEAP_SECOND.sub("59.999999", text))
    if _LEAP_SECOND.search(text) and not _ends_a_month(read):
        raise ValueError("no leap second")
    return read


def _written(text: str) -> WrittenTime:
    read = _time(text)
    return WrittenTime.combine(read, read.timetz())


def _ends_a_month(moment: datetime) -> bool:
    """Whether it is the last second of a month of UTC, after which alone a leap second is inserted."""
    following = moment.astimezone(UTC) + timedelta(seconds=1)
    return (following.day, following.hour, following.minute) == (1, 0, 0)


def _within_years(moment: D) -> D:
    if moment.year not in YEARS:
        raise ValueError("a year from 1900 to 2199")
    return moment


_PATTERNS = MappingProxyType(
    {
        Form.TIME: rf"^{_RFC_3339}$",
        Form.DAY: rf"^{_DATE}$",
        Form.TIME_AS_KNOWN: rf"^({_RFC_3339}|{_CALENDAR})$",
        Form.DAY_AS_KNOWN: rf"^{_CALENDAR}$",
    }
)
FORM_OF = MappingProxyType({pattern: form for form, pattern in _PATTERNS.items()})
"""What a text was to be that does not match a pattern."""
MOMENT = Annotated[
    str,
    StringConstraints(pattern=_PATTERNS[Form.TIME]),
    Bounds(json_schema_extra={"format": "date-time"}),
    AfterValidator(_moment),
]
"""A time as RFC 3339 writes it, of which microseconds are kept: not the seconds since 1970 that a parser
would also take. Seconds may be left out."""
DAY = Annotated[
    str,
    StringConstraints(pattern=_PATTERNS[Form.DAY]),
    Bounds(json_schema_extra={"format": "date"}),
    AfterValidator(_day),
]
TIME_AS_KNOWN = Annotated[
    str,
    StringConstraints(pattern=_PATTERNS[Form.TIME_AS_KNOWN]),
    Bounds(json_schema_extra={"format": "date-time"}),
    AfterValidator(_written_time),
]
"""A time as exactly as it is known: as above, or a day, a month or a year. In the schema it keeps its format,
so that generated clients keep their type for times; the pattern tells what else is taken."""
DAY_AS_KNOWN = Annotated[
    str,
    StringConstraints(pattern=_PATTERNS[Form.DAY_AS_KNOWN]),
    Bounds(json_schema_extra={"format": "date"}),
    AfterValidator(_written_day),
]
