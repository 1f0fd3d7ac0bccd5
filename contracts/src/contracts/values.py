"""Counts, times and open words, as our wires have them."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field, WithJsonSchema

_DIGITS = re.compile(r"[0-9]{1,20}")
_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:[0-5]\d)", re.ASCII | re.IGNORECASE
)


def _counted(value: object) -> object:
    """A whole number, or its digits, as a header has them; zeros before them say nothing."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if type(value) is int:
        return value
    raise ValueError("a whole number")


def _written(value: object) -> object:
    """A time as RFC 3339 writes it: never the seconds since 1970 that a parser would also take."""
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    raise ValueError("a time with its offset")


def _open(*words: str) -> WithJsonSchema:
    """The schema lists the words of today; a reader takes others, too."""
    return WithJsonSchema({"type": "string", "enum": list(words)})


Number = Annotated[int, Field(ge=1, lt=2**31), BeforeValidator(_counted)]
"""A count from one, within the 32 bits of a CloudEvents integer."""

Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A point in time, written with its offset."""

Precision = Annotated[str, _open("second", "minute", "day", "month", "year", "unknown")]
"""How exactly a time is known. Whoever decides by it takes a word it does not know as the coarsest."""

Origin = Annotated[str, _open("live", "late", "imported", "corrected")]
"""How an event was recorded. A word that is not known counts as `live`: nobody is left out."""
