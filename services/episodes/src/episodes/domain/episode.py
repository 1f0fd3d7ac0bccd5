"""The state of one care episode: what happened, and what held from when until when.

State is a fold of recorded events and never a judgement: entries are dated facts as they stand, amended where
they were; `held` are intervals (plans, consents, holds, flags, responsibility), so that a late record can be
judged by what held on its day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from episodes.domain.event import RecordedEvent, Redacted
from episodes.domain.time import Interval, When

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """A fact that holds over an interval; its id is the id of the event that began it."""

    entry: RecordedEvent[T]
    interval: Interval

    @property
    def id(self) -> UUID:
        return self.entry.metadata.event_id

    @property
    def fact(self) -> T:
        return self.entry.fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One client, one complaint. Immutable: it may be cached and shared without copying."""

    id: UUID
    network: str
    clinic: UUID
    client: UUID
    version: int = 0
    sequence: int = 0
    recorded_at: datetime | None = None
    entries: tuple[RecordedEvent[Any], ...] = ()
    spans: tuple[Span[Any], ...] = ()
    judged_until: datetime | None = None
    """What is known to be of a later time, to the minute, changes no judgement: none before the first."""

    def of(self, kind: type[T]) -> Iterator[RecordedEvent[T]]:
        """The entries of one kind of fact, oldest first."""
        return (entry for entry in self.entries if isinstance(entry.fact, kind))

    def entry(self, event_id: UUID) -> RecordedEvent[Any] | None:
        number = event_id.int  # numbers compare faster than ids do
        newest_first = reversed(self.entries)  # what is asked for is mostly recent
        return next((entry for entry in newest_first if entry.metadata.event_id.int == number), None)

    def spans_of(self, kind: type[T]) -> Iterator[Span[T]]:
        """Every interval of one kind, oldest first."""
        return (held for held in self.spans if isinstance(held.fact, kind))

    def lasting(self, kind: type[T]) -> Span[T] | None:
        """The first interval of one kind that has not ended. In a loop, as each command asks for it."""
        for held in self.spans:
            if held.interval.until is None and isinstance(held.entry.fact, kind):
                return held
        return None

    def in_force(self, kind: type[T], when: When) -> Span[T] | None:
        """The newest of one kind that held at `when`."""
        holding = [held for held in self.spans_of(kind) if held.interval.holds_at(when)]
        return holding[-1] if holding else None

    def time(self, now: datetime) -> datetime:
        """`now`, but never before what is recorded: a clock that jumped back, or lags behind another's, would
        let what was ended hold again."""
        return max(now, self.recorded_at or now)

    def begin(self, entry: RecordedEvent[Any], interval: Interval) -> "Episode":
        return self.with_parts(self.entries, (*self.spans, Span(entry, interval)))

    def end(self, event_id: UUID, when: When) -> "Episode":
        """The interval that `event_id` began, ended at `when`; others stay."""
        spans = tuple(
            Span(one.entry, one.interval.ended(when)) if one.id == event_id else one for one in self.spans
        )
        return self.with_parts(self.entries, spans)

    def with_parts(self, entries: tuple[RecordedEvent[Any], ...], spans: tuple[Span[Any], ...]) -> "Episode":
        """The same episode of other entries or intervals. In full: `replace` takes three times as long, and
        each event of a long episode asks for it."""
        return Episode(
            id=self.id,
            network=self.network,
            clinic=self.clinic,
            client=self.client,
            version=self.version,
            sequence=self.sequence,
            recorded_at=self.recorded_at,
            entries=entries,
            spans=spans,
            judged_until=self.judged_until,
        )

    def advanced(self, entries: Sequence[RecordedEvent[Any]], judged_until: datetime | None) -> "Episode":
        """So many events further: what every event does to the state, whatever it says."""
        if not entries:
            return self
        last = entries[-1].metadata
        sequence = self.sequence
        for entry in entries:
            sequence = entry.metadata.sequence or sequence
        told = [entry for entry in entries if not isinstance(entry.fact, Redacted)]
        return Episode(
            id=self.id,
            network=self.network,
            clinic=last.clinic,
            client=self.client,
            version=last.version,
            sequence=sequence,
            recorded_at=last.recorded_at,
            entries=(*self.entries, *told),
            spans=self.spans,
            judged_until=judged_until,
        )


def blank(entry: RecordedEvent[Any]) -> Episode:
    """The episode before its first event."""
    header = entry.metadata
    return Episode(id=header.episode_id, network=header.network, clinic=header.clinic, client=header.client)
