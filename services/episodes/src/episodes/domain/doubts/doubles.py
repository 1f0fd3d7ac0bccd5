"""Entries that look like one recorded before: a form that was sent twice, under two keys."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from episodes.domain.care.assessments import BASELINES, Assessed
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered, SessionNotDelivered
from episodes.domain.doubts.doubt import Doubt, Told
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.likeness import likeness, likeness_of, minute_of
from episodes.domain.time import compare

APART = timedelta(minutes=1)
"""Two times that are nearer to each other than this may be one: a form is sent again within seconds. Ours."""

_EXACT = ("second", "minute")

Entry = RecordedEvent[Any]


def doubled_entries(told: Told) -> Iterator[Doubt]:
    """Whether the entry looks like another of its kind."""
    kind = type(told.entry.fact)
    if kind is EpisodeOpened:
        yield from _opened_before(told)
    alike = _ALIKE.get(kind)
    known = None if alike is None else next(alike(told), None)
    if known is not None:
        pointer = _TIME_AT.get(kind, "/occurred_at")
        yield Doubt("looks-recorded-already", pointer, f"It looks like event {known.metadata.event_id}.")


def _opened_before(told: Told) -> Iterator[Doubt]:
    """Whether the clinic opened another episode for the client at that time."""
    at, own = told.entry.metadata.occurred_at, told.episode.id
    for episode, opened_at in told.command.known.opened:
        if episode != own and abs(opened_at - at) < APART:
            yield Doubt("looks-recorded-already", "", f"It looks like episode {episode}.")
            return


def _same_session(told: Told) -> Iterator[Entry]:
    """Sessions that one performer would have begun at once; nobody named counts as one performer."""
    one, performer = told.entry, told.entry.metadata.performer
    if one.fact.start is None:
        return
    minute = minute_of(one.fact.start)
    for other in told.others(SessionDelivered):
        if abs(likeness_of(other) - minute) > 1 or other.metadata.performer != performer:
            continue
        if other.fact.start is not None and abs(one.fact.start - other.fact.start) < APART:
            yield other


def _same_assessment(told: Told) -> Iterator[Entry]:
    """Assessments that say the same at one time, and baselines of one time, whatever they say."""
    one = told.entry
    if one.fact.stage not in BASELINES or not one.metadata.when.of_a_day:
        yield from _same(told)
        return
    for other in told.others(Assessed):
        alike = other.fact.stage == one.fact.stage and other.metadata.when.of_a_day
        if alike and (_at_once(one.metadata, other.metadata) or _on_one_day(one, other)):
            yield other


def _on_one_day(one: Entry, other: Entry) -> bool:
    """Whether both are of one time, as far as it is known for one of them at least to the day alone."""
    of_a_day = "day" in (one.metadata.precision, other.metadata.precision)
    return of_a_day and compare(one.metadata.when, other.metadata.when) == 0


def _same(told: Told) -> Iterator[Entry]:
    """Entries that say the same at one time."""
    one = told.entry
    for other in _saying_the_same(told.episode, likeness_of(one)):
        is_another = type(other.fact) is type(one.fact) and other.metadata.event_id != one.metadata.event_id
        if is_another and _at_once(one.metadata, other.metadata):
            yield other


def _saying_the_same(episode: Episode, alike: int) -> list[Entry]:
    """A comparison of numbers in one pass: each command with such an entry looks at all of its episode."""
    return [
        entry
        for entry in episode.entries
        if entry.likeness == alike or (entry.likeness is None and likeness(entry.fact) == alike)
    ]


def _at_once(one: EventMetadata, other: EventMetadata) -> bool:
    exact = one.precision in _EXACT and other.precision in _EXACT
    return exact and abs(one.occurred_at - other.occurred_at) < APART


_ALIKE: Mapping[type[Any], Callable[[Told], Iterator[Entry]]] = MappingProxyType(
    {
        SessionDelivered: _same_session,
        Assessed: _same_assessment,
        ResponseNoted: _same,
        SessionNotDelivered: _same,
        SessionChecked: _same,
    }
)
"""Finds the other entries of a kind that look like the one that was told."""

DOUBLED = (*_ALIKE, EpisodeOpened)

_TIME_AT: Mapping[type[Any], str] = MappingProxyType(
    {SessionDelivered: "/start", SessionNotDelivered: "/planned_start"}
)
"""Where the time of a kind stands, if it has one of its own."""
