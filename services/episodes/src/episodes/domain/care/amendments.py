"""What amends a recorded entry: additions, corrections, retractions, attestations and refused amendments.

Nothing is overwritten: each is an event of its own, and the original stays in the history. The state is
folded with the amended entry in the original's place.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any
from uuid import UUID

from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import (
    AS_KNOWN,
    COMPUTED,
    EVENT,
    PARTNER,
    STAFF,
    Length,
    Line,
    OneOf,
    PartOf,
    Shown,
    Words,
)
from episodes.domain.time import PRECISIONS
from episodes.domain.values import Instant

RequestedBy = Annotated[str, OneOf("client", "guardian", "representative", "therapist", "clinic", "partner")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What every amendment says of the entry that it points at."""

    event: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The event that recorded the entry, even where the path names an amendment of it."""
    of: Annotated[str, COMPUTED] = ""
    """The kind of the entry and its version, such as `session-delivered.1`."""
    partner: Annotated[UUID | None, COMPUTED, PARTNER] = None
    """The partner that the entry concerns, if it concerns one; set by the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAddedTo(Amendment):
    """What an entry had left out; what it says already stays."""

    added: Annotated[Any, PartOf(whole=False)]
    """The fields that the entry had left out; one that it states already is refused: correct that."""
    reason: Shown[Words | None] = None
    """Why they are added only now, in words."""
    happened_at: Annotated[Instant | None, COMPUTED] = None
    """When the entry happened, if what is added says it more exactly, as the start of a session; set by the
    service."""
    happened_precision: Annotated[str | None, COMPUTED] = None
    """How exactly `happened_at` is known; set by the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCorrected(Amendment):
    """A whole entry anew, in place of one that was wrong."""

    reason_code: Annotated[
        str,
        OneOf(
            "wrong_value", "wrong_time", "wrong_site", "wrong_performer", "misheard", "incomplete", "other"
        ),
    ]
    """What was wrong with the entry."""
    reason: Words
    """Why the entry is corrected, in words."""
    replacement: Annotated[Any, PartOf(whole=True)]
    """The whole entry as it should have been: a field that it leaves out is removed from the entry, such as
    the `check_id`, the `start` or the `soap` of a session. What the service sets itself, it sets anew."""
    happened_at: Annotated[Instant, AS_KNOWN] | None = None
    """When it truly happened: if not given, the time that the replacement states, or else as before."""
    happened_precision: Annotated[str, OneOf(*PRECISIONS)] | None = None
    """How exactly the time is known; if not given, as before, or as `happened_at` is written if that is less
    exact. With `unknown` the time is the latest that it can be."""
    performed_by: Annotated[UUID, STAFF] | None = None
    """The member of staff who truly did it; as before if not given."""
    requested_by: Shown[RequestedBy | None] = None
    """Who asked for the correction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRetracted(Amendment):
    """The entry should never have been recorded."""

    reason: Words
    """Why the entry should not have been recorded, in words."""
    requested_by: Shown[RequestedBy | None] = None
    """Who asked for the retraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAttested:
    """A licensed person vouches for entries, as a supervisor does for a student's."""

    events: Annotated[tuple[UUID, ...], Length(100, least=1), EVENT]
    """The events of this episode that are vouched for."""
    by: Annotated[UUID, STAFF]
    """The member of staff who vouches for them, with a licence in the directory."""
    statement: Words | None = None
    """What the person states, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRefused:
    """A client asked for a correction and was refused."""

    event: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The event that recorded the entry, even where the path names an amendment of it."""
    reason: Words
    """Why the correction was refused, in words."""
    statement: Words | None = None
    """The client's own statement, which stays with the entry."""
    reviewed_by: Line | None = None
    """Who reviewed the request, such as the privacy office."""


def added(episode: Episode, entry: RecordedEvent[EntryAddedTo]) -> Episode:
    def completed(of: RecordedEvent[Any]) -> RecordedEvent[Any]:
        names = {field.name for field in fields(of.fact)}
        more = {name: value for name, value in entry.fact.added.items() if name in names}
        header, at = of.metadata, entry.fact.happened_at
        if at is not None:
            precision = entry.fact.happened_precision or header.precision
            header = replace(header, occurred_at=at, precision=precision)
        alike = None if of.likeness is None or entry.likeness is None else of.likeness + entry.likeness
        return RecordedEvent(header, replace(of.fact, **more), _both(of, entry), alike)

    return _rewritten(episode, entry, completed)


def corrected(episode: Episode, entry: RecordedEvent[EntryCorrected]) -> Episode:
    fact = entry.fact

    def replaced(of: RecordedEvent[Any]) -> RecordedEvent[Any]:
        if type(fact.replacement) is not type(of.fact):
            return of
        header = replace(
            of.metadata,
            occurred_at=fact.happened_at or of.metadata.occurred_at,
            precision=fact.happened_precision or of.metadata.precision,
            performer=fact.performed_by or of.metadata.performer,
        )
        return RecordedEvent(header, fact.replacement, _both(of, entry), entry.likeness)

    return _rewritten(episode, entry, replaced)


def retracted(episode: Episode, entry: RecordedEvent[EntryRetracted]) -> Episode:
    return episode if entry.fact.event is None else without(episode, entry.fact.event)


def _rewritten(
    episode: Episode, entry: RecordedEvent[Any], rewrite: Callable[[RecordedEvent[Any]], RecordedEvent[Any]]
) -> Episode:
    about = entry.fact.event
    if about is None:
        return episode
    entries, number = list(episode.entries), about.int  # numbers compare faster than ids do
    for place, one in enumerate(entries):
        if one.metadata.event_id.int == number:
            entries[place] = rewrite(one)
            return episode.with_parts(tuple(entries), episode.spans)
    return episode


def _both(of: RecordedEvent[Any], entry: RecordedEvent[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*of.labels, *entry.labels)))


def without(episode: Episode, event_id: UUID) -> Episode:
    kept = tuple(e for e in episode.entries if e.metadata.event_id != event_id)
    return episode.with_parts(kept, episode.spans)
