"""When something happened, as exactly as it is known, and how two such times compare."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

PRECISIONS = ("second", "minute", "day", "month")
"""From finest to coarsest."""

_RANK = {precision: rank for rank, precision in enumerate(PRECISIONS)}
_BY_THE_CALENDAR = ("day", "month")

LATE_AFTER = timedelta(hours=24)
"""A record entered later than this after the event is late (WAC 246-830-565(3))."""

AHEAD = timedelta(minutes=2)
"""How far ahead of our clock a caller's clock may be."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment known to `precision`; a day or month is its start in `zone` (IANA)."""

    at: datetime
    precision: str
    zone: str

    @classmethod
    def of(cls, at: datetime, precision: str, zone: str) -> "When":
        return cls(truncated(at, precision, zone), precision, zone)

    @classmethod
    def day(cls, day: date, zone: str) -> "When":
        return cls(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)), "day", zone)

    @property
    def end(self) -> datetime:
        """The end of the stated period: the moment itself, or the next day's or month's start."""
        match self.precision:
            case "day":
                return truncated(self.at + timedelta(hours=36), "day", self.zone)
            case "month":
                return truncated(self.at + timedelta(days=40), "month", self.zone)
            case _:
                return self.at

    def next_day(self) -> "When":
        """The day after, known to the day."""
        return When.day(self.date_in_zone() + timedelta(days=1), self.zone)

    def date_in_zone(self) -> date:
        return self.at.astimezone(ZoneInfo(self.zone)).date()


def truncated(at: datetime, precision: str, zone: str) -> datetime:
    """The start of the second, minute, day or month in which `at` falls; a finer one keeps its offset."""
    match precision:
        case "second":
            return at
        case "minute":
            return at.replace(second=0, microsecond=0)
        case "day":
            return at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        case _:
            return truncated(at, "day", zone).replace(day=1)


def compare(one: When, other: When) -> int:
    """Negative, zero or positive as `one` is before, with or after `other`, at the coarser precision."""
    coarser = one if _RANK[one.precision] >= _RANK[other.precision] else other
    first, second = _as_known(one, coarser), _as_known(other, coarser)
    return (first > second) - (first < second)


def _as_known(when: When, coarser: When) -> datetime:
    """`when` at the precision of `coarser`, and on its wall; a day or month stays that of its own zone."""
    if coarser.precision not in _BY_THE_CALENDAR:
        return truncated(when.at, coarser.precision, coarser.zone)
    zone = when.zone if when.precision in _BY_THE_CALENDAR else coarser.zone
    return truncated(when.at, coarser.precision, zone).replace(tzinfo=None)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a month that is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + years, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


@dataclass(frozen=True, slots=True)
class Interval:
    """What held from `since` up to and including `until`, or still holds."""

    since: When
    until: When | None = None

    def holds_at(self, when: When) -> bool:
        """Whether it holds at `when`, its two ends included."""
        if compare(self.since, when) > 0:
            return False
        return self.until is None or compare(when, self.until) <= 0

    def lasts_at(self, when: When) -> bool:
        """Whether it holds at `when`, as a status does: from the moment it ends another one holds."""
        if compare(self.since, when) > 0:
            return False
        return self.until is None or compare(when, self.until) < 0

    def ended(self, when: When) -> "Interval":
        """The same interval, ending at `when` unless it ended before; a day ends with its last moment."""
        if self.until is not None and self.until.end <= when.end:
            return self
        return Interval(self.since, when)
