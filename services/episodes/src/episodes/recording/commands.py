"""A command as it reaches the writer, and its answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from episodes.access import Caller
from episodes.domain.field_rules import AS_KNOWN, STAFF, STAFF_OR_PARTNER, Length, Line, OneOf
from episodes.domain.step import Step
from episodes.domain.time import PRECISIONS
from episodes.domain.values import Label
from episodes.event_log.codec import SourceRef
from episodes.http.entity_tags import Expected
from episodes.recording.directory_references import (
    DirectoryReference,
    EpisodeReference,
    episodes_in,
    references_in,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What any command may say beside its fact."""

    occurred_at: Annotated[datetime, AS_KNOWN] | None = None
    """When it happened, as exactly as it is known: a time, or a day, month or year. If not given, it is the
    time that the fact itself states, as a session its start or its day and a consent its signature, or else
    now, when the service records it; an import that states neither is refused."""
    precision: Annotated[str, OneOf(*PRECISIONS)] | None = None
    """How exactly the time is known, if it is known less exactly than it is written. With `unknown` it is the
    latest that it can be: now, if no time is given."""
    performer: Annotated[UUID, STAFF] | None = None
    """The member of staff who did what is recorded; the directory must hold them."""
    on_behalf_of: Annotated[UUID, STAFF_OR_PARTNER] | None = None
    """The member of staff or the partner for whom the command is sent; the directory must hold them."""
    purpose: Line | None = None
    """The purpose of the command, in words; it is kept in clear, not sealed with the fact."""
    labels: Annotated[tuple[Label, ...], Length(10)] = ()
    """What makes the fact more sensitive; a partner's consent must allow every label."""
    origin: Annotated[str, OneOf("imported")] | None = None
    """Says that the record comes from another system; only the role `service` may say so."""
    source_ref: SourceRef | None = None
    """The caller's own id of the record; a second record under the same id is refused with 409, whatever its
    idempotency key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """One request to record something.

    `id` is the idempotency key. `mac` returns the authenticator of the request, made with the key of an
    older one if given, and so shows whether a repeat is the same. `episode` is None for an opening, which
    names its `clinic`, and for a command recorded in every episode of a `client`. `about` is the id in the
    path of what the command is about. `if_match` has the versions of which one is expected. `reference` is
    the keyed hash of `source_ref`, `common_reference` the one under which earlier releases kept a partner's,
    among those of all callers. `traceparent` is the trace context of the request.
    """

    id: UUID
    caller: Caller
    step: Step
    draft: Any
    circumstances: Circumstances
    mac: Callable[[bytes | None], bytes]
    correlation: UUID
    episode: UUID | None = None
    clinic: UUID | None = None
    client: UUID | None = None
    about: UUID | None = None
    if_match: Expected | None = None
    reference: bytes | None = None
    common_reference: bytes | None = None
    traceparent: str | None = None

    @property
    def asked_as(self) -> str:
        """Who asks, beside the id of which `mac` knows: the role, and the organisation if there is one."""
        actor = self.caller.actor
        return actor.role if actor.organisation is None else f"{actor.role} of {actor.organisation}"

    @property
    def key(self) -> tuple[str, UUID]:
        """The idempotency key, scoped to the network."""
        return self.caller.network, self.id


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of the answer, the same bytes for every repeat, and the values of its headers.

    `version` is None for a command recorded in several episodes.
    """

    body: bytes
    episode: UUID
    version: int | None
    event: UUID
    replayed: bool = False


def references_of(command: CommandRequest) -> Iterator[DirectoryReference]:
    """The rows of the directory that a command names, and which must exist."""
    if command.clinic is not None:
        yield DirectoryReference("clinics", command.clinic, "/clinic")
    yield from references_in(command.circumstances)
    yield from references_in(command.draft)


def episodes_named_by(command: CommandRequest) -> Iterator[EpisodeReference]:
    """The other episodes that a command names, and which must be its client's."""
    return episodes_in(command.draft)
