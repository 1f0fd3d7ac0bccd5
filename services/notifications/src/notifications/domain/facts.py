"""The published events as the rules of reacting need them: a fact, and where and when it was recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class EpisodeOpened:
    """`referring_partner`: on whose referral, if on a partner's."""

    therapist: UUID
    referring_partner: UUID | None = None


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
class ReferralMade:
    partner: UUID


@dataclass(frozen=True, slots=True)
class ReferralWithdrawn:
    partner: UUID


@dataclass(frozen=True, slots=True)
class ReferralAnswered:
    pass


@dataclass(frozen=True, slots=True)
class PartnerReported:
    pass


@dataclass(frozen=True, slots=True)
class ResponsibilityTransferred:
    """The clinic it goes to is that of `Happened`."""

    therapist: UUID


@dataclass(frozen=True, slots=True)
class EpisodeClosed:
    pass


@dataclass(frozen=True, slots=True)
class EntryAddedTo:
    entry: UUID


@dataclass(frozen=True, slots=True)
class EntryCorrected:
    """`breached` and `adverse` of the entry as it stands now."""

    entry: UUID
    breached: bool = False
    adverse: bool = False


@dataclass(frozen=True, slots=True)
class EntryRetracted:
    entry: UUID


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
    | ReferralMade
    | ReferralWithdrawn
    | ReferralAnswered
    | PartnerReported
    | ResponsibilityTransferred
    | EpisodeClosed
    | EntryAddedTo
    | EntryCorrected
    | EntryRetracted
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
