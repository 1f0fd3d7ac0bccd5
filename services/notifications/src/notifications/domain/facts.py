"""The published events as the rules of reacting need them: a fact, and where and when it was recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class EpisodeOpened:
    therapist: UUID


@dataclass(frozen=True, slots=True)
class PlanSet:
    pass


@dataclass(frozen=True, slots=True)
class PlanRefined:
    pass


@dataclass(frozen=True, slots=True)
class SessionDelivered:
    """`breached`: a rule of care was broken; `adverse`: a reaction was noted."""

    breached: bool = False
    adverse: bool = False


@dataclass(frozen=True, slots=True)
class ResponseNoted:
    adverse: bool = False


@dataclass(frozen=True, slots=True)
class RedFlagRaised:
    pass


@dataclass(frozen=True, slots=True)
class SharingConsented:
    """`effective_from` and `until` bound when something may be sent, not how old it may be."""

    consent: UUID
    partner: UUID
    kinds: frozenset[str]
    effective_from: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SharingWithdrawn:
    consent: UUID
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class EpisodeClosed:
    pass


@dataclass(frozen=True, slots=True)
class OfNoConcern:
    """A published event that teaches nothing and owes nothing; an erased one is among them."""


Fact = (
    EpisodeOpened
    | PlanSet
    | PlanRefined
    | SessionDelivered
    | ResponseNoted
    | RedFlagRaised
    | SharingConsented
    | SharingWithdrawn
    | EpisodeClosed
    | OfNoConcern
)

F = TypeVar("F", bound=Fact, covariant=True)


@dataclass(frozen=True, slots=True)
class Happened(Generic[F]):
    """A fact of one episode; `sequence` counts the episode's published events without gaps."""

    fact: F
    clinic: UUID
    sequence: int
    recorded_at: datetime
    origin: str
