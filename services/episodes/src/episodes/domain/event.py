"""The clear envelope of every stored event, and an event as recorded: envelope and fact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from episodes.domain.time import When

F = TypeVar("F", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who sent the command: a random staff, partner or service id; never a name."""

    id: UUID
    role: str
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMetadata:
    """What every event says in clear.

    `version` counts the events of the episode, `sequence` the published ones.
    """

    event_id: UUID
    type: str
    episode_id: UUID
    version: int
    network: str
    clinic: UUID
    occurred_at: datetime
    precision: str
    zone: str
    recorded_at: datetime
    origin: str
    actor: Actor
    client: UUID
    command_id: UUID
    correlation_id: UUID
    key_id: UUID
    performer: UUID | None = None
    on_behalf_of: UUID | None = None
    purpose: str | None = None
    causation_id: UUID | None = None
    sequence: int | None = None

    @property
    def when(self) -> When:
        return When(self.occurred_at, self.precision, self.zone)


@dataclass(frozen=True, slots=True)
class Redacted:
    """Stands for a fact whose client was erased: the key it was sealed with is destroyed."""


@dataclass(frozen=True, slots=True)
class FromLaterRelease(Redacted):
    """Stands for a fact that only a later release can read. It is shown and published as redacted."""


@dataclass(frozen=True, slots=True)
class RecordedEvent(Generic[F]):
    """One stored event: envelope, fact, and what any event may carry beside its fact."""

    metadata: EventMetadata
    fact: F
    labels: tuple[str, ...] = ()
