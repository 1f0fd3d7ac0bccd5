"""What is wrong with a time or a day, in words: from what was sent, and without repeating it."""

import re
from contextlib import suppress
from datetime import date, time

OFFSET = "a time needs its offset, as in -08:00 or Z"
QUERY = f"{OFFSET}; in an address a + is written %2B"
NO_SUCH_OFFSET = "an offset that exists: hours up to 23 and minutes up to 59, as in -08:00 or Z"
NO_TIME_OF_DAY = "a time has a time of day beside its day, as in 2026-03-03T09:30:00-08:00"
NO_SUCH_TIME = (
    "a time of day that exists, from 00:00 to 23:59:59, or the leap second that ends a month of UTC"
)
FRACTION = "the seconds of a time have at most 30 decimals, after a point"
NO_SUCH_DAY = "a day that exists: its month has that day, and the year that month"
NO_SUCH_MONTH = "a month that exists, from 01 to 12"
YEAR = "a year from 1900 to 2199"
TIME = "a time as RFC 3339 writes it, such as 2026-03-03T09:30:00-08:00"
DAY = "a day as YYYY-MM-DD, such as 2026-03-03"
OR_LESS = "or as exactly as it is known: 2026-03-03, 2026-03 or 2026"

_YEARS = range(1900, 2200)
_TIME = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?P<t>[Tt ])(?P<clock>\d{2}:\d{2}(:\d{2})?)(?P<part>[.,]\d+)?(?P<offset>.*)",
    re.ASCII,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH_OR_YEAR = re.compile(r"(?P<year>\d{4})(-\d{2})?", re.ASCII)
_OFFSET = re.compile(r"[+-]\d{2}:\d{2}", re.ASCII)
_SHORT_OFFSET = re.compile(r"|[+-]\d{2}(\d{2})?", re.ASCII)
_BLANK_OFFSET = re.compile(r" \d{2}:?\d{2}", re.ASCII)


def time_in_words(text: str) -> str:
    """What keeps the text from being a time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return NO_TIME_OF_DAY if _DAY.fullmatch(text) else TIME
    if found["t"] == " ":
        return TIME
    if (wrong_offset := _offset_in_words(found["offset"])) is not None:
        return wrong_offset
    if found["part"] and (found["part"][0] == "," or len(found["part"]) > len(".") + 30):
        return FRACTION
    if day_in_words(found["day"]) != DAY:
        return day_in_words(found["day"])
    with suppress(ValueError):
        time.fromisoformat(found["clock"])
        return TIME
    return NO_SUCH_TIME


def _offset_in_words(offset: str) -> str | None:
    if _SHORT_OFFSET.fullmatch(offset):
        return OFFSET
    if _BLANK_OFFSET.fullmatch(offset):
        return QUERY
    if _OFFSET.fullmatch(offset):
        return NO_SUCH_OFFSET if offset[1:3] > "23" or offset[4:] > "59" else None
    return None if offset in ("Z", "z") else TIME


def day_in_words(text: str) -> str:
    """What keeps the text from being a day, or from being a month or year where those are taken."""
    if (less := _MONTH_OR_YEAR.fullmatch(text)) is not None:
        return NO_SUCH_MONTH if int(less["year"]) in _YEARS else YEAR
    if not _DAY.fullmatch(text):
        return DAY
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return NO_SUCH_DAY
    return DAY if day.year in _YEARS else YEAR
