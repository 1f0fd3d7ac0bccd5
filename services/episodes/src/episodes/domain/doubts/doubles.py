"""Entries that look like one recorded before: a form that was sent twice, under two keys."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, get_type_hints

from episodes.domain.care.assessments import BASELINES, Assessed
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered, SessionNotDelivered
from episodes.domain.doubts.doubt import Doubt, Told
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.field_rules import COMPUTED
from episodes.domain.time import compare

APART = timedelta(minutes=1)
"""Two times that are nearer to each other than this may be one: a form is sent again within seconds. Ours."""

NEAR = timedelta(days=3)
"""Two times that lie further apart than this are never one, even if both are known to the day alone."""

_EXACT = ("second", "minute")

Entry = RecordedEvent[Any]


def doubled_entries(told: Told) -> Iterator[Doubt]:
    """Whether the entry looks like another of its kind. No other kind is looked at, which bounds the cost."""
    entry = told.entry
    if isinstance(entry.fact, EpisodeOpened):
        yield from _opened_before(told)
    alike = _ALIKE.get(type(entry.fact))
    if alike is None:
        return
    near = (other for other in told.others(type(entry.fact)) if _near(entry, other))
    known = next((other for other in near if alike(entry, other)), None)
    if known is not None:
        pointer = _TIME_AT.get(type(entry.fact), "/occurred_at")
        detail = f"It looks like event {known.metadata.event_id}."
        yield Doubt("looks-recorded-already", pointer, detail)


def _near(one: Entry, other: Entry) -> bool:
    """Whether they may be of one time: it spares most others a comparison."""
    return abs(one.metadata.occurred_at - other.metadata.occurred_at) < NEAR


def _opened_before(told: Told) -> Iterator[Doubt]:
    """Whether the clinic opened another episode for the client at that time."""
    at, own = told.entry.metadata.occurred_at, told.episode.id
    for episode, opened_at in told.command.known.opened:
        if episode != own and abs(opened_at - at) < APART:
            yield Doubt("looks-recorded-already", "", f"It looks like episode {episode}.")
            return


def _same_session(one: Entry, other: Entry) -> bool:
    """Whether one performer would have begun both sessions at once; nobody named counts as one performer."""
    if one.fact.start is None or other.fact.start is None:
        return False
    together = abs(one.fact.start - other.fact.start) < APART
    return together and one.metadata.performer == other.metadata.performer


def _same_assessment(one: Entry, other: Entry) -> bool:
    """Whether both say the same at one time, or are baselines of one time, whatever they say."""
    baselines = one.fact.stage in BASELINES and one.fact.stage == other.fact.stage
    if baselines and one.metadata.when.of_a_day and other.metadata.when.of_a_day:
        return _at_once(one.metadata, other.metadata) or _on_one_day(one, other)
    return _same(one, other)


def _on_one_day(one: Entry, other: Entry) -> bool:
    """Whether both are of one time, as far as it is known for one of them at least to the day alone."""
    of_a_day = "day" in (one.metadata.precision, other.metadata.precision)
    return of_a_day and compare(one.metadata.when, other.metadata.when) == 0


def _same(one: Entry, other: Entry) -> bool:
    """Whether both say the same at one time."""
    return _at_once(one.metadata, other.metadata) and _says_the_same(one.fact, other.fact)


def _at_once(one: EventMetadata, other: EventMetadata) -> bool:
    exact = one.precision in _EXACT and other.precision in _EXACT
    return exact and abs(one.occurred_at - other.occurred_at) < APART


def _says_the_same(one: Any, other: Any) -> bool:
    """Whether the caller said the same in both facts, whatever the service computed."""
    kind: Any = type(one)
    return all(getattr(one, name) == getattr(other, name) for name in _stated(kind))


@cache
def _stated(kind: Any) -> tuple[str, ...]:
    hints = get_type_hints(kind, include_extras=True)
    names = (field.name for field in fields(kind))
    return tuple(name for name in names if COMPUTED not in getattr(hints[name], "__metadata__", ()))


_ALIKE: Mapping[type[Any], Callable[[Entry, Entry], bool]] = MappingProxyType(
    {
        SessionDelivered: _same_session,
        Assessed: _same_assessment,
        ResponseNoted: _same,
        SessionNotDelivered: _same,
        SessionChecked: _same,
    }
)
"""When two entries of a kind look like one."""

DOUBLED = (*_ALIKE, EpisodeOpened)

_TIME_AT: Mapping[type[Any], str] = MappingProxyType(
    {SessionDelivered: "/start", SessionNotDelivered: "/planned_start"}
)
"""Where the time of a kind stands, if it has one of its own."""
