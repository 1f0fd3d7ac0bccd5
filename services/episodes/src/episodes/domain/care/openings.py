"""Opening an episode: one client, one complaint, a responsible therapist."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from episodes.domain.codes import CONDITIONS
from episodes.domain.decision import record_draft
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import CLIENT, EPISODE, PARTNER, STAFF, Between, Length, Line, OneOf, Words
from episodes.domain.roles import DESK
from episodes.domain.step import CORRECTABLE, Step
from episodes.domain.time import Interval
from episodes.domain.values import AbsentReason, Coded, Day, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Coded):
    """A named condition and who says so: a therapist finds, a physician diagnoses."""

    code: Annotated[str, CONDITIONS]
    asserted_by: Annotated[str, OneOf("client", "therapist", "physician", "partner", "record")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Why the client comes."""

    category: Annotated[str, OneOf("chronic_pain", "injury", "post_surgical", "stress_tension", "other")]
    words: Words | None = None
    sites: Annotated[tuple[Site, ...], Length(30)] = ()
    onset: Line | None = None
    mechanism: Words | None = None
    conditions: Annotated[tuple[Condition, ...], Length(30)] = ()
    absent_reason: AbsentReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundReferral:
    """Who sent the client, and whether they want to hear back."""

    source: Annotated[
        str, OneOf("gp", "physician", "specialist", "allied", "employer", "client", "partner", "other")
    ]
    partner: Annotated[UUID, PARTNER] | None = None
    their_reference: Line | None = None
    reason: Words | None = None
    asked_on: Day | None = None
    wants_report: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeOpened:
    """The first fact of an episode. `continues` names an ended episode of the same complaint."""

    client: Annotated[UUID, CLIENT]
    therapist: Annotated[UUID, STAFF]
    complaint: Complaint
    referral: InboundReferral | None = None
    continues: Annotated[UUID, EPISODE] | None = None
    age: Annotated[int, Between(0, 130)] | None = None


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Who answers for the episode, over an interval."""

    therapist: UUID
    clinic: UUID


def opened(episode: Episode, entry: RecordedEvent[EpisodeOpened]) -> Episode:
    responsible = RecordedEvent(entry.metadata, Responsibility(entry.fact.therapist, entry.metadata.clinic))
    return episode.begin(responsible, Interval(entry.metadata.when))


OPENING = Step(
    name="episode-opened.1",
    fact=EpisodeOpened,
    resource="episodes",
    who=DESK,
    published=True,
    opens=True,
    decide=record_draft,  # opening looks at no other episode: a stream cannot
    evolve=opened,
    kind="opening",
    amended=CORRECTABLE,
)
