"""The new events of one command: decided, given metadata, encrypted; and the episode after them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, repeat
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from episodes.domain.care.amendments import Amendment, EntryCorrected
from episodes.domain.deciding import for_deciding
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.likeness import likeness
from episodes.domain.step import Step
from episodes.domain.time import LATE_AFTER, UNKNOWN
from episodes.domain.vocabulary import BY_FACT, decide, evolve, judged_anew
from episodes.errors import TooLarge
from episodes.event_log.codec import Annotations, DataKey, encode
from episodes.recording.commands import CommandRequest

MAX_BYTES_OF_EVENT = 160 * 1024
"""The maximum size of the stored state of one event."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws what an event needs that nobody may guess."""

    sealing: Callable[[], tuple[bytes, bytes | None]]
    """Draws a nonce for one event, and a salt if it is to be stored in format 2."""
    event_id: Callable[[], UUID]
    """Draws the id of an event that no command asked for."""


@dataclass(slots=True)
class NewEvents:
    """What a command records in one episode. `weight` is that of the episode before it.

    What it decides on, `episode`, may have an entry whole that `kept` has without what only documents show.
    """

    episode: Episode
    kept: Episode
    drawn: Drawn
    rejudges: bool = True
    """Whether sessions may be judged anew by what is recorded."""
    weight: int = 0
    events: list[StoredEvent] = field(default_factory=list)
    entries: list[RecordedEvent[Any]] = field(default_factory=list)
    size: int = 0

    @property
    def metadata(self) -> list[EventMetadata]:
        return [entry.metadata for entry in self.entries]

    def record(self, request: CommandRequest, command: Command[Any], key: DataKey) -> None:
        """Decide the command and add its events, and what it changes in the judgement of earlier sessions.

        Raises `Refused` or `TooLarge`.
        """
        ids, before = chain(command.event_ids, repeat(None)), self.episode
        recorded = [
            self._add(request, command, key, event_id or self.drawn.event_id(), item)
            for item, event_id in zip(decide(self.episode, command), ids, strict=False)
        ]
        if self.rejudges:
            for item in judged_anew(before, self.episode, recorded):
                self._add(request, command, key, self.drawn.event_id(), item)

    def _add(
        self, request: CommandRequest, command: Command[Any], key: DataKey, event_id: UUID, item: NewFact
    ) -> RecordedEvent[Any]:
        said = request.circumstances
        metadata = _metadata(request, self.episode, item, command, event_id, key)
        labels = tuple(dict.fromkeys((*said.labels, *item.labels))) if item.labels else said.labels
        beside = Annotations(labels=labels, source_ref=None if self.events else said.source_ref)
        event = encode(metadata, item.fact, beside, key, *self.drawn.sealing())
        if len(event.state) > MAX_BYTES_OF_EVENT:
            raise TooLarge
        entry = RecordedEvent(metadata, item.fact, labels, likeness(item.fact))
        self.events.append(event)
        self.entries.append(entry)
        self.size += len(event.state)
        self._evolve(entry)
        return entry

    def _evolve(self, entry: RecordedEvent[Any]) -> None:
        """What an amendment leaves is answered by the whole entry; all else by the state that is kept."""
        both = self.kept is not self.episode or isinstance(entry.fact, Amendment)
        last = self.kept.entries[-1].metadata if self.kept.entries else None
        before, self.kept = self.episode, evolve(self.kept, for_deciding(entry, last))
        self.episode = evolve(before, entry) if both else self.kept


def known_less_exactly(entry: RecordedEvent[Any]) -> bool:
    """Whether the entry, or what it corrects, is of a precision that earlier releases cannot read."""
    said = {entry.metadata.precision}
    if isinstance(entry.fact, EntryCorrected):
        said.add(entry.fact.happened_precision or "")
    return not said.isdisjoint(("year", UNKNOWN))


def _metadata(
    request: CommandRequest,
    episode: Episode,
    item: NewFact,
    command: Command[Any],
    event_id: UUID,
    key: DataKey,
) -> EventMetadata:
    recorded_at = episode.time(command.now)
    step = BY_FACT[type(item.fact)]
    return EventMetadata(
        event_id=event_id,
        type=step.name,
        episode_id=episode.id,
        version=episode.version + 1,
        network=episode.network,
        clinic=item.clinic or episode.clinic,
        occurred_at=item.when.at,
        precision=item.when.precision,
        zone=item.when.zone,
        recorded_at=recorded_at,
        origin=item.origin or _origin(step, request, recorded_at - item.when.end, item.when.known),
        actor=request.caller.actor,
        client=episode.client,
        command_id=request.id,
        correlation_id=request.correlation,
        key_id=key.id,
        performer=request.circumstances.performer,
        on_behalf_of=request.circumstances.on_behalf_of,
        purpose=request.circumstances.purpose,
        sequence=episode.sequence + 1 if step.published else None,
        traceparent=request.traceparent,
    )


def _origin(step: Step, request: CommandRequest, after: timedelta, known: bool) -> str:
    """The first origin that applies. What happened at a time that is not known is late."""
    if issubclass(step.fact, Amendment):
        return "corrected"
    if request.circumstances.origin is not None:
        return request.circumstances.origin
    return "late" if after > LATE_AFTER or not known else "live"
