"""What a decision is given and gives back. It may refuse; it reads no clock and makes no ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from episodes.domain.births import Born
from episodes.domain.episode import Episode
from episodes.domain.refusals import RuleBroken
from episodes.domain.time import AHEAD, When, compare

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class KnownPartner:
    """A partner as the directory has it."""

    kind: str
    organisation: str


@dataclass(frozen=True, slots=True)
class KnownStaff:
    """A member of staff as the directory has them: the role there, and whether with a licence."""

    role: str
    licensed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the directory says, when a command is decided, of whom it names; nothing of whom it does not say.

    A decision seals of it what the record must keep: a later change of the directory changes no record.
    """

    born: Born | None = None
    """When the client was born; read only for commands that ask the client's age."""
    partner: KnownPartner | None = None
    """The partner that the draft names."""
    performer: KnownStaff | None = None
    """Who did what is recorded, as the command says."""
    opened: tuple[tuple[UUID, datetime], ...] = ()
    """Other episodes of the client that the same clinic opened, and when; read only for an opening."""


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[F]):
    """A command: the fact as drafted by the caller, when it happened, and the id its first event will have.

    `event_ids` are for this command's events in order; own ids (of a check, a consent, a flag) are event ids.
    `subject` is the random id of client × partner, from the client directory, where the step needs one.
    `about` is the id in the path of what the command is about. `partner` is the caller, if it is one.
    `written` is the time beside the fact as the caller wrote it.
    `known` is what the directory says of whom the command names.
    """

    draft: F
    when: When
    now: datetime
    event_ids: Sequence[UUID]
    subject: UUID | None = None
    about: UUID | None = None
    imported: bool = False
    partner: UUID | None = None
    written: datetime | None = None
    known: Known = NOTHING_KNOWN


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact to record and when it happened. A transfer names the new clinic; an amendment has the labels
    of the entry it points at; a judgement the origin of its sessions. Else all are those of the command."""

    fact: Any
    when: When
    clinic: UUID | None = None
    labels: tuple[str, ...] = ()
    origin: str | None = None


Decide = Callable[[Episode, Command[Any]], list[NewFact]]


def refuse_future(when: When, now: datetime, pointer: str) -> None:
    """Never from the future, but for two minutes between clocks."""
    if when.at > now + AHEAD:
        raise RuleBroken("from-the-future", pointer)


def refuse_before(when: When, since: When, pointer: str = "/occurred_at") -> None:
    """Nothing ends before it began."""
    if compare(when, since) < 0:
        raise RuleBroken("ends-before-it-begins", pointer)


def record_draft(episode: Episode, command: Command[Any]) -> list[NewFact]:
    return [NewFact(command.draft, command.when)]
