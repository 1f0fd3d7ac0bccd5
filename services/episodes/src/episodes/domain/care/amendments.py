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
from episodes.domain.field_rules import COMPUTED, EVENT, PARTNER, STAFF, Length, Line, OneOf, PartOf, Words
from episodes.domain.time import PRECISIONS
from episodes.domain.values import Instant

RequestedBy = Annotated[str, OneOf("client", "guardian", "representative", "therapist", "clinic", "partner")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What points at an entry: its event, of which kind it is, and the partner it concerns, if it does."""

    event: Annotated[UUID | None, COMPUTED, EVENT] = None
    of: Annotated[str, COMPUTED] = ""
    partner: Annotated[UUID | None, COMPUTED, PARTNER] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAddedTo(Amendment):
    """What an entry had left out; what it says already stays."""

    added: Annotated[Any, PartOf(whole=False)]
    reason: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCorrected(Amendment):
    """The whole entry anew; `happened_at` and `performed_by` correct when and by whom it happened."""

    reason_code: Annotated[
        str,
        OneOf(
            "wrong_value", "wrong_time", "wrong_site", "wrong_performer", "misheard", "incomplete", "other"
        ),
    ]
    reason: Words
    replacement: Annotated[Any, PartOf(whole=True)]
    happened_at: Instant | None = None
    happened_precision: Annotated[str, OneOf(*PRECISIONS)] | None = None
    performed_by: Annotated[UUID, STAFF] | None = None
    requested_by: RequestedBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRetracted(Amendment):
    """The entry should never have been recorded."""

    reason: Words
    requested_by: RequestedBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAttested:
    """A licensed person vouches for entries, as a supervisor does for a student's."""

    events: Annotated[tuple[UUID, ...], Length(100, least=1), EVENT]
    by: Annotated[UUID, STAFF]
    statement: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRefused:
    """A client asked for a correction and was refused; their own statement stays with the entry."""

    event: Annotated[UUID | None, COMPUTED, EVENT] = None
    reason: Words
    statement: Words | None = None
    reviewed_by: Line | None = None


def added(episode: Episode, entry: RecordedEvent[EntryAddedTo]) -> Episode:
    def completed(of: RecordedEvent[Any]) -> RecordedEvent[Any]:
        names = {field.name for field in fields(of.fact)}
        more = {name: value for name, value in entry.fact.added.items() if name in names}
        return replace(of, fact=replace(of.fact, **more), labels=_both(of, entry))

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
        return RecordedEvent(header, fact.replacement, _both(of, entry))

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
