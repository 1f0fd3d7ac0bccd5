"""The clear envelope of every stored event, and an event as recorded: envelope and fact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from episodes.domain.time import When

F = TypeVar("F", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who sent the command, as the caller's token says: by a random id, never by a name."""

    id: UUID
    """The id of the member of staff, of the service, or of whoever acts for a partner."""
    role: str
    """The role in which the command was sent."""
    organisation: UUID | None = None
    """The organisation that the token names; for a partner, its id in the directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMetadata:
    """What every event says in clear."""

    event_id: UUID
    """The id of the event."""
    type: str
    """The kind of event and its version, such as `session-delivered.1`."""
    episode_id: UUID
    """The episode that the event belongs to."""
    version: int
    """The place of the event among all events of its episode, counted from 1."""
    network: str
    """The network that the episode belongs to."""
    clinic: UUID
    """The clinic that had the episode then; for a transfer, the clinic that took it over."""
    occurred_at: datetime
    """When it happened, as exactly as `precision` says."""
    precision: str
    """How exactly `occurred_at` is known: to the second or minute, to the day, month or year of which it is
    the start; or not at all, and then it is the latest that it can be."""
    zone: str
    """The IANA time zone in which a day, month or year of `occurred_at` is meant."""
    recorded_at: datetime
    """When the service recorded the event."""
    origin: str
    """How it was recorded: `live`, `late` (more than 24 hours after), `imported` or `corrected`."""
    actor: Actor
    """Who sent the command that recorded the event."""
    client: UUID
    """The random id of the client; a partner is shown its own `subject` in place of it."""
    command_id: UUID
    """The idempotency key of the command that recorded the event."""
    correlation_id: UUID
    """The id of the story that the event belongs to, as in the header `X-Correlation-Id`."""
    key_id: UUID
    """The id of the client's data key, with which the fact is sealed."""
    performer: UUID | None = None
    """The member of staff who did what is recorded; absent where it was not stated."""
    on_behalf_of: UUID | None = None
    """The id of whoever the command was sent for; absent where it was not stated."""
    purpose: str | None = None
    """The purpose that the caller stated for the command, in words."""
    causation_id: UUID | None = None
    """The id of the event that caused this one; this release states none."""
    sequence: int | None = None
    """The count of the episode's published events up to this one; absent from a private event."""
    traceparent: str | None = None
    """The trace context (W3C `traceparent`) of the request; absent where it had none."""

    @property
    def when(self) -> When:
        return When(self.occurred_at, self.precision, self.zone)


@dataclass(frozen=True, slots=True)
class Redacted:
    """Stands for a fact whose client was erased: the key it was sealed with is destroyed."""


@dataclass(frozen=True, slots=True)
class RecordedEvent(Generic[F]):
    """One stored event: envelope, fact, and what any event may carry beside its fact."""

    metadata: EventMetadata
    """What the event says in clear."""
    fact: F
    """What happened; for an erased client, a mark that it cannot be read any more."""
    labels: tuple[str, ...] = ()
    """What makes the fact more sensitive; a partner's consent must allow every label."""
    likeness: int | None = None
    """The same for entries that say the same, where it was computed (`likeness.py`)."""
