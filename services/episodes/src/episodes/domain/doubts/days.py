"""Days that look like another day than was meant."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from episodes.domain.care.amendments import EntryCorrected
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.doubts.doubt import Doubt, Told
from episodes.domain.time import When


def doubtful_days(told: Told) -> Iterator[Doubt]:
    """Whether a day, month or year was written as a midnight of another time zone, or is one that never was.

    `2026-11-03T00:00:00Z` is still 2 November in Los Angeles: whoever means a day writes `2026-11-03`.
    """
    when = told.entry.metadata.when
    if when.precision not in ("day", "month", "year"):
        return
    at = _written(told)
    if at is not None and at.tzinfo is not None and _is_midnight(at) and not _is_midnight(_in(when.zone, at)):
        yield Doubt("midnight-elsewhere", told.time_at)
    if when.precision == "day" and not _was(_day(told, at) or when.date_in_zone(), when.zone):
        yield Doubt("day-that-never-was", told.time_at)


def _written(told: Told) -> datetime | None:
    """The time of the entry as the caller wrote it, if it was."""
    match told.command.draft:
        case EntryCorrected(happened_at=at):
            return at
        case TreatmentConsented(signed_at=at):
            return at
        case _:
            return told.command.written


def _day(told: Told, at: datetime | None) -> date | None:
    """The day that was written; not of a session that states its start."""
    if isinstance(told.entry.fact, SessionDelivered):
        return told.entry.fact.date_of_service
    return at.date() if at is not None and at.tzinfo is None else None


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second) == (0, 0, 0)


def _in(zone: str, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def _was(day: date, zone: str) -> bool:
    """Whether the zone had that day: where clocks went over the date line, one was left out."""
    return When.day(day, zone).date_in_zone() == day
