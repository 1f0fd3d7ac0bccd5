"""What one read of the store returns for a batch of commands, and what the batch then writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from care_platform.numbered_keys import FIRST, KeyInUse
from episodes.access import Caller
from episodes.domain.event import Actor, EventMetadata, RecordedEvent
from episodes.domain.roles import Role
from episodes.event_log.cache import Lookup
from episodes.event_log.client_keys import Scoped
from episodes.event_log.codec import DataKey
from episodes.event_log.compatibility import EVERYTHING, Understood
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.stored_form import Unreadable
from episodes.recording.commands import CommandRequest


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """The recorded answer to a command, and the authenticator of the request it answered.

    `asked_as` is who asked: a role, and its organisation. Empty if the release that recorded it kept neither.
    """

    mac: bytes
    body: bytes
    asked_as: str = ""


@dataclass(frozen=True, slots=True)
class KnownReference:
    """Where a `source_ref` is recorded, at which clinic, and by which partner if by one."""

    episode: UUID
    event: UUID
    clinic: UUID | None
    """None if the event cannot be read."""
    partner: UUID | None

    @classmethod
    def of(cls, metadata: EventMetadata) -> "KnownReference":
        partner = metadata.actor.organisation if metadata.actor.role == Role.PARTNER else None
        return cls(metadata.episode_id, metadata.event_id, metadata.clinic, partner)

    def shown_to(self, caller: Caller) -> tuple[UUID, UUID] | tuple[None, None]:
        """The ids of episode and event, if the caller may see them."""
        if self.clinic is None or (caller.partner is None and not caller.may_act_for(self.clinic)):
            return None, None
        return self.episode, self.event


@dataclass(slots=True)
class ReadSet:
    """As the store is at one moment. The write is refused if any of it has changed since."""

    receipts: dict[Scoped, StoredReceipt] = field(default_factory=dict)
    references: dict[tuple[str, bytes], KnownReference] = field(default_factory=dict)
    keys: dict[Scoped, DataKey] = field(default_factory=dict)
    rows: dict[tuple[str, str, UUID], Mapping[str, Any]] = field(default_factory=dict)
    registered: set[tuple[str, UUID, UUID]] = field(default_factory=set)
    """Where the clients that commands name are registered: network, client, clinic."""
    subjects: dict[tuple[str, UUID, UUID], UUID] = field(default_factory=dict)
    of_clients: dict[Scoped, list[UUID]] = field(default_factory=dict)
    openings: dict[tuple[str, UUID, UUID], list[tuple[UUID, datetime]]] = field(default_factory=dict)
    """Episodes of clients for whom one is to be opened, and when each was: by network, client and the clinic
    that opened it."""
    episodes: dict[UUID, CachedEpisode] = field(default_factory=dict)
    whole_entries: dict[UUID, tuple[int, RecordedEvent[Any]]] = field(default_factory=dict)
    """Entries that commands add to, each with the version that its episode had when it was read."""
    lookups: list[Lookup] = field(default_factory=list)
    """What reading these episodes took."""
    unreadable: dict[UUID, Unreadable] = field(default_factory=dict)
    understood: Understood = EVERYTHING
    """What may be stored, so that every process that still runs can read it."""
    master: KeyInUse = FIRST
    """The master key that wraps new clients' keys; read only where a client has none."""


@dataclass(slots=True)
class WriteSet:
    """What one transaction records. `openings` are new episodes (network, client, episode, and the clinic and
    time of the opening); `subjects` new ids by which a partner knows a client, by network, client and
    partner, and `partners` the versions of those partners' entries, which must not have changed since they
    were read; `registrations` those of clients at clinics (network, client, clinic), each with who made it
    and why.
    """

    events: list[StoredEvent] = field(default_factory=list)
    receipts: dict[Scoped, StoredReceipt] = field(default_factory=dict)
    references: dict[tuple[str, bytes], tuple[UUID, UUID]] = field(default_factory=dict)
    keys: dict[Scoped, tuple[UUID, bytes]] = field(default_factory=dict)
    openings: list[tuple[str, UUID, UUID, UUID, datetime]] = field(default_factory=list)
    subjects: dict[tuple[str, UUID, UUID], UUID] = field(default_factory=dict)
    partners: dict[Scoped, int] = field(default_factory=dict)
    registrations: dict[tuple[str, UUID, UUID], tuple[Actor, str]] = field(default_factory=dict)


class Store(Protocol):
    """The store as the writer thread uses it. Any call may raise `StoreUnavailable`."""

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        """Read everything that the decisions need."""

    def write(self, write_set: WriteSet) -> None:
        """Record all of it or nothing. Raises `Conflict`, or `OutcomeUnknown` if the reply was lost."""
