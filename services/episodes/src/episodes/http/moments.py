"""Times and days as callers write them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Bounds

D = TypeVar("D", datetime, date)
YEARS = range(1900, 2200)


def _moment(text: str) -> datetime:
    return _within_years(_read(datetime.fromisoformat, text))


def _day(text: str) -> date:
    return _within_years(_read(date.fromisoformat, text))


def _read(parse: Callable[[str], D], text: str) -> D:
    """What Python reads, without its sentences, some of which quote what they read, and without what it
    reads beyond RFC 3339: digits of other scripts, and offsets of 60 minutes and more beside the hours.
    """
    if text.isascii() and not (text[-3] == ":" and text[-2:] > "59"):
        with suppress(ValueError):
            return parse(text)
    raise ValueError("a day and a time that exist")


def _within_years(moment: D) -> D:
    if moment.year not in YEARS:
        raise ValueError("a year from 1900 to 2199")
    return moment


_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
MOMENT = Annotated[
    str,
    StringConstraints(pattern=rf"^{_DATE}T{_TIME}(Z|[+-]\d{{2}}:\d{{2}})$"),
    Bounds(json_schema_extra={"format": "date-time"}),
    AfterValidator(_moment),
]
"""A time as RFC 3339 writes it, up to nanoseconds, of which microseconds are kept: not the seconds since 1970
that a parser would also take."""
DAY = Annotated[
    str,
    StringConstraints(pattern=rf"^{_DATE}$"),
    Bounds(json_schema_extra={"format": "date"}),
    AfterValidator(_day),
]
