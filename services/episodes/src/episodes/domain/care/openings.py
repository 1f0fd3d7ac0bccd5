"""Opening an episode: one client, one complaint, a responsible therapist."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from episodes.domain.codes import CONDITIONS
from episodes.domain.decision import record_draft
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import (
    CLIENT,
    EPISODE,
    PARTNER,
    STAFF,
    Between,
    Length,
    Line,
    OneOf,
    Shown,
    Words,
)
from episodes.domain.roles import DESK
from episodes.domain.step import CORRECTABLE, Step
from episodes.domain.time import Interval
from episodes.domain.values import AbsentReason, Coded, Day, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Coded):
    """A named condition and who says so: a therapist finds, a physician diagnoses."""

    code: Annotated[str, CONDITIONS]
    """The code of the condition, or `other` where none fits."""
    asserted_by: Annotated[str, OneOf("client", "therapist", "physician", "partner", "record")]
    """Who says that the client has the condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Why the client comes."""

    category: Annotated[str, OneOf("chronic_pain", "injury", "post_surgical", "stress_tension", "other")]
    """What kind of complaint brings the client."""
    words: Words | None = None
    """The complaint in words."""
    sites: Annotated[tuple[Site, ...], Length(30)] = ()
    """The places on the body that the complaint is about."""
    onset: Line | None = None
    """When the complaint began, in words."""
    mechanism: Words | None = None
    """How the complaint came about, in words."""
    conditions: Annotated[tuple[Condition, ...], Length(30)] = ()
    """Named conditions of the client that bear on the complaint."""
    absent_reason: AbsentReason | None = None
    """Why no more is known of the complaint, in HL7's data-absent-reason codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundReferral:
    """Who sent the client, why, and whether a report is wanted."""

    source: Annotated[
        str, OneOf("gp", "physician", "specialist", "allied", "employer", "client", "partner", "other")
    ]
    """What kind of person or organisation sent the client."""
    partner: Annotated[UUID, PARTNER] | None = None
    """The partner that sent the client, if the sender is a partner in the directory."""
    their_reference: Line | None = None
    """The number or name under which the sender keeps the referral."""
    reason: Words | None = None
    """Why the client was sent, in words."""
    asked_on: Day | None = None
    """The day on which the sender asked for care."""
    wants_report: bool | None = None
    """Whether the sender wants to hear back; absent where it was not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeOpened:
    """Opens an episode: one client, one complaint, a responsible therapist."""

    client: Annotated[UUID, CLIENT]
    """The random id of the client in the directory."""
    therapist: Annotated[UUID, STAFF]
    """The therapist who answers for the episode until it is transferred."""
    complaint: Complaint
    """The complaint for which the client is treated in this episode."""
    referral: Shown[InboundReferral | None] = None
    """Who sent the client; absent where nobody is known to have."""
    continues: Annotated[UUID, EPISODE] | None = None
    """The ended episode of the same complaint that this one continues; it must be one of the same client that
    the caller may know of."""
    age: Annotated[int, Between(0, 130)] | None = None
    """The client's age in years at the opening, to which later years are added. The birth date in the
    directory goes before it; without either the client counts as of age."""


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Who answers for the episode, over an interval."""

    therapist: UUID
    """The therapist who answers for the episode."""
    clinic: UUID
    """The clinic that has the episode."""


def opened(episode: Episode, entry: RecordedEvent[EpisodeOpened]) -> Episode:
    responsible = RecordedEvent(entry.metadata, Responsibility(entry.fact.therapist, entry.metadata.clinic))
    return episode.begin(responsible, Interval(entry.metadata.when))


OPENING = Step(
    name="episode-opened.1",
    fact=EpisodeOpened,
    command="open_episode",
    resource="episodes",
    who=DESK,
    published=True,
    opens=True,
    decide=record_draft,  # opening looks at no other episode: a stream cannot
    evolve=opened,
    kind="opening",
    amended=CORRECTABLE,
    judges=True,
    asks_age=True,
)
