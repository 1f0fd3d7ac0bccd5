"""When something happened, as exactly as it is known, and how two such times compare."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

UNKNOWN = "unknown"
"""Nothing is known of the time, but that it was no later than stated."""

PRECISIONS = ("second", "minute", "day", "month", "year", UNKNOWN)
"""From finest to coarsest."""

_RANK = {precision: rank for rank, precision in enumerate(PRECISIONS)}
_BY_THE_CALENDAR = ("day", "month", "year")

_NOTHING = timedelta(0)
_NEVER = datetime.max.replace(tzinfo=UTC)
_SURELY_APART = {
    "second": _NOTHING,
    "minute": timedelta(minutes=1),
    "day": timedelta(days=3),
    "month": timedelta(days=34),
    "year": timedelta(days=369),
}
"""Two times that are further apart differ at this precision, in whatever time zones they are meant: it is a
period and the 26 hours by which walls may differ. Most times are, and need not be put on a wall to tell."""

LATE_AFTER = timedelta(hours=24)
"""A record entered later than this after the event is late (WAC 246-830-565(3))."""

AHEAD = timedelta(minutes=2)
"""How far ahead of our clock a caller's clock may be."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment known to `precision`; a day, month or year is its start in `zone` (IANA), and a time of which
    nothing is known the latest that it can be.
    """

    at: datetime
    precision: str
    zone: str

    @classmethod
    def of(cls, at: datetime, precision: str, zone: str) -> "When":
        return cls(truncated(at, precision, zone), precision, zone)

    @classmethod
    def day(cls, day: date, zone: str) -> "When":
        """The day; where a zone left it out, as clocks went over the date line, the day that came instead."""
        place = ZoneInfo(zone)
        began = datetime(day.year, day.month, day.day, tzinfo=place)
        there = began.astimezone(UTC).astimezone(place)
        return cls(began if there.date() == day else there, "day", zone)

    @property
    def end(self) -> datetime:
        """The end of the stated period: the moment itself, or the start of the next day, month or year."""
        match self.precision:
            case "day":
                return truncated(self.at + timedelta(hours=36), "day", self.zone)
            case "month":
                return truncated(self.at + timedelta(days=40), "month", self.zone)
            case "year":
                return truncated(self.at + timedelta(days=370), "year", self.zone)
            case _:
                return self.at

    @property
    def last(self) -> datetime:
        """The last moment of the stated period."""
        return max(self.at, self.end - timedelta(microseconds=1))

    @property
    def known(self) -> bool:
        return self.precision != UNKNOWN

    @property
    def latest(self) -> "When":
        """From when it is certain to have happened: its latest time, if nothing else is known of it."""
        return self if self.known else When(self.at, "second", self.zone)

    @property
    def of_a_day(self) -> bool:
        """Whether its day is known."""
        return self.precision in ("second", "minute", "day")

    @property
    def surely_past(self) -> datetime:
        """A time known to the minute that is later than this is after it, however that compares."""
        return self.at.astimezone(UTC) + _SURELY_APART[self.precision] if self.known else _NEVER

    def is_finer_than(self, other: "When") -> bool:
        return _RANK[self.precision] < _RANK[other.precision]

    def next_day(self) -> "When":
        """The day after, known to the day."""
        return When.day(self.date_in_zone() + timedelta(days=1), self.zone)

    def date_in_zone(self) -> date:
        return self.at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def last_day(self) -> date:
        """The last day of the stated period."""
        return self.last.astimezone(ZoneInfo(self.zone)).date()


def truncated(at: datetime, precision: str, zone: str) -> datetime:
    """The start of the minute, day, month or year in which `at` falls; a finer one keeps its offset."""
    match precision:
        case "second" | "unknown":
            return at
        case "minute":
            return at.replace(second=0, microsecond=0)
        case "day":
            return at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        case "month":
            return truncated(at, "day", zone).replace(day=1)
        case "year":
            return truncated(at, "day", zone).replace(month=1, day=1)
        case _:
            raise ValueError("a precision of this vocabulary")


def compare(one: When, other: When) -> int:
    """Negative, zero or positive as `one` is before, with or after `other`, at the coarser precision.

    Of a time of which nothing is known it is only certain that what came after its latest came after it.
    """
    coarser = one if _RANK[one.precision] >= _RANK[other.precision] else other
    if coarser.precision == UNKNOWN:
        return _compare_with_unknown(one, other)
    between = one.at - other.at
    if abs(between) > _SURELY_APART[coarser.precision]:
        return 1 if between > _NOTHING else -1
    first, second = _as_known(one, coarser), _as_known(other, coarser)
    return (first > second) - (first < second)


def _compare_with_unknown(one: When, other: When) -> int:
    if other.known:
        return -_compare_with_unknown(other, one)
    return 1 if one.known and compare(one, other.latest) > 0 else 0


def _as_known(when: When, coarser: When) -> datetime:
    """`when` at the precision of `coarser`, and on its wall; one of the calendar stays in its own zone."""
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
    """What held from `since` up to and including `until`, or still holds.

    Of what began at a time of which nothing is known, it is known of no time that it held.
    """

    since: When
    until: When | None = None

    def holds_at(self, when: When) -> bool:
        """Whether it holds at `when`, its two ends included."""
        return self.since.known and self.may_hold_at(when)

    def lasts_at(self, when: When) -> bool:
        """Whether it holds at `when`, as a status does: from the moment it ends another one holds."""
        if not self.since.known or compare(self.since, when) > 0:
            return False
        return self.until is None or compare(when, self.until) < 0

    def may_hold_at(self, when: When) -> bool:
        """Whether it may hold at `when` for all that is known of the times."""
        if compare(self.since, when) > 0:  # which no unknown time is known to be
            return False
        return self.until is None or compare(when, self.until) <= 0

    def ended(self, when: When) -> "Interval":
        """The same interval, ending at `when` unless it ended before; a day ends with its last moment."""
        if self.until is not None and self.until.end <= when.end:
            return self
        return Interval(self.since, when)
