"""Times that contradict each other, within an entry or with what it points at."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from episodes.domain.care.clearances import ClearanceRecorded
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.doubts.doubt import Doubt, Told
from episodes.domain.field_rules import A_CHECK, A_CLEARANCE, IdOf
from episodes.domain.named_ids import ids_in, marks_of
from episodes.domain.time import When, compare

ROUNDING = timedelta(minutes=1)
"""A stated duration may differ by this much from the time between start and end, because it is rounded."""

A_DAY = timedelta(days=1)
HOURS_AFTER = timedelta(hours=12)
"""A response may be this much earlier or later than the hours that it states, or a quarter of them if that is
more: "a day after" is said of the next morning as of the next evening."""

_JUDGED_OTHERWISE = (A_CHECK, A_CLEARANCE)
"""A check or clearance of a later time breaks a rule of care."""


def contradicting_times(told: Told) -> Iterator[Doubt]:
    """Whether the times of an entry contradict each other, or those of what it points at."""
    fact = told.entry.fact
    if _before_the_episode(told):
        yield Doubt("contradicting-times", told.time_at)
    kind: Any = type(fact)
    if _points_at_events(kind):
        yield from _before_what_it_names(told)
    match fact:
        case SessionDelivered():
            yield from _of_a_session(fact)
        case ResponseNoted():
            yield from _of_a_response(fact, told)


def _before_the_episode(told: Told) -> bool:
    """Whether it lies before the opening. A clearance does, which the client brings along; a consent may have
    been signed on the same day before.
    """
    opened, header = next(told.episode.of(EpisodeOpened), None), told.entry.metadata
    if opened is None or header.occurred_at >= opened.metadata.occurred_at:
        return False
    when = header.when
    match told.entry.fact:
        case ClearanceRecorded():
            return False
        case TreatmentConsented() if when.of_a_day:
            when = When.day(when.date_in_zone(), when.zone)
    return compare(when, opened.metadata.when) < 0


@cache
def _points_at_events(kind: Any) -> bool:
    return any(_is_of_an_event(mark) for mark in marks_of(kind))


def _is_of_an_event(mark: object) -> bool:
    return isinstance(mark, IdOf) and mark.what == "event" and mark not in _JUDGED_OTHERWISE


def _before_what_it_names(told: Told) -> Iterator[Doubt]:
    for named in ids_in(told.entry.fact):
        if not _is_of_an_event(named.mark) or isinstance(named.id, str):
            continue
        entry = told.episode.entry(named.id)
        if entry is not None and compare(told.entry.metadata.when, entry.metadata.when) < 0:
            yield Doubt("contradicting-times", named.pointer)


def _of_a_session(session: SessionDelivered) -> Iterator[Doubt]:
    """Whether start, end and duration of a session contradict each other."""
    if session.start is None or session.end is None:
        return
    lasted = session.end - session.start
    if lasted > A_DAY:
        yield Doubt("contradicting-times", "/end")
    elif session.duration is not None and abs(lasted - timedelta(minutes=session.duration)) > ROUNDING:
        yield Doubt("contradicting-times", "/duration")


def _of_a_response(response: ResponseNoted, told: Told) -> Iterator[Doubt]:
    """Whether a response contradicts the days that it covers, or the session that it follows."""
    when = told.entry.metadata.when
    if response.covers is not None and compare(When.day(response.covers.first, when.zone), when) > 0:
        yield Doubt("contradicting-times", "/covers/first")
    session = None if response.session is None else told.episode.entry(response.session)
    if session is None or not isinstance(session.fact, SessionDelivered):
        return
    before = session.metadata.when
    if response.covers is not None and compare(When.day(response.covers.last, when.zone), before) < 0:
        yield Doubt("contradicting-times", "/covers/last")
    if response.hours_after is not None and _at_another_hour(response.hours_after, when, before):
        yield Doubt("contradicting-times", "/hours_after")


def _at_another_hour(hours: float, when: When, session: When) -> bool:
    """Whether so many hours after the session is far from when the response was; never of a month or year."""
    if not (when.of_a_day and session.of_a_day):
        return False
    stated = timedelta(hours=hours)
    slack = max(HOURS_AFTER, stated / 4) + (when.end - when.at) + (session.end - session.at)
    return abs(when.at - session.at - stated) > slack
