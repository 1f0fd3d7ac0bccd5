"""Times as callers write them: as exactly as they are known, a day, month or year without a time zone."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from episodes.domain.field_rules import AsKnown
from episodes.domain.refusals import RuleBroken
from episodes.domain.time import UNKNOWN, When, compare

F = TypeVar("F")


class WrittenTime(datetime):
    """A time and how exactly it is written. A day, month or year is its first moment, without a time zone
    until that of the clinic is known.
    """

    precision: str = "second"

    def placed(self, zone: str) -> datetime:
        return _plain(self) if self.tzinfo is not None else _plain(self, ZoneInfo(zone))


class WrittenDay(date):
    """A day, or a month or year as its first day."""

    precision: str = "day"


def _plain(at: datetime, zone: ZoneInfo | None = None) -> datetime:
    return datetime.combine(at.date(), at.time(), zone or at.tzinfo)


def written(told: date, zone: str) -> When:
    """What a caller wrote, a time or a day, in a clinic's time zone."""
    match told:
        case WrittenTime():
            return When.of(told.placed(zone), told.precision, zone)
        case datetime():
            return When.of(told, "second", zone)
        case WrittenDay():
            return When.of(When.day(told, zone).at, told.precision, zone)
        case _:
            return When.day(told, zone)


def placed(fact: F, when: When) -> F:
    """The same fact with its days, months and years as times in the zone of `when`, as they are stored. A
    month or year is the day that `when` says, if that is known to be in it.
    """
    changed: dict[str, Any] = {}
    cls: Any = type(fact)
    for name, known in _as_known(cls):
        told = getattr(fact, name)
        if isinstance(told, WrittenDay):
            changed[name] = _day_of(written(told, when.zone), when)
        elif isinstance(told, WrittenTime):
            changed[name] = written(told, when.zone).end if known.to_its_end else told.placed(when.zone)
    return replace(fact, **changed) if changed else fact  # type: ignore[type-var] # every fact is a dataclass


def _day_of(told: When, when: When) -> date:
    says_more = when.of_a_day and not told.of_a_day and compare(told, when) == 0
    return (when if says_more else told).date_in_zone()


@cache
def _as_known(cls: type[Any]) -> tuple[tuple[str, AsKnown], ...]:
    """The fields that may be written so, found once for each kind of fact."""
    hints = get_type_hints(cls, include_extras=True)
    marks = ((field.name, _mark(hints[field.name])) for field in fields(cls))
    return tuple((name, mark) for name, mark in marks if mark is not None)


def _mark(hint: Any) -> AsKnown | None:
    if get_origin(hint) is Annotated:
        return next((mark for mark in hint.__metadata__ if isinstance(mark, AsKnown)), None)
    return next((mark for part in get_args(hint) if (mark := _mark(part)) is not None), None)


def _said_best(known: list[When]) -> When:
    """The fact's own time; if that is less than a day, the one beside it, which may say more."""
    own, other = known[0], known[-1]
    return other if own.known and not own.of_a_day and other.is_finer_than(own) else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that a request says of when its fact happened.

    `own` is the time that the fact itself states, `beside` the one beside it, both as written; `precision`
    how exactly it is known, if that is said. `latest` is the latest that it can be if nothing is known of it.
    The pointers say where time and precision stand.
    """

    own: When | None
    beside: When | None
    precision: str | None
    latest: datetime
    beside_at: str = "/occurred_at"
    precision_at: str = "/precision"

    def when(self, otherwise: When) -> When:
        """The time that is meant, or `otherwise`. Raises `RuleBroken` for what contradicts itself."""
        beside = None if self.beside is None else self._as_said(self.beside)
        told = self.own if self.own is None else self._as_said(self.own)
        if told is not None and beside is not None and compare(told, beside) != 0:
            raise RuleBroken("contradicting-times", self.beside_at)
        known = [one for one in (told, beside) if one is not None]
        if not known and self.precision == UNKNOWN:
            return When(self.latest, UNKNOWN, otherwise.zone)
        if self.precision is None:
            return _said_best(known) if known else otherwise
        for one in known:
            if one.precision == self.precision:
                return one
        raise RuleBroken("precision-without-a-time", self.precision_at)

    def _as_said(self, told: When) -> When:
        """The time at the precision that is said, if it is written as exactly as that."""
        if self.precision is None:
            return told
        said = When(told.at, self.precision, told.zone)
        if told.precision == "minute" and self.precision == "second":
            return said
        if self.precision == UNKNOWN:
            return When(min(told.last, max(told.at, self.latest)), UNKNOWN, told.zone)
        return told if said.is_finer_than(told) else When.of(told.at, self.precision, told.zone)
