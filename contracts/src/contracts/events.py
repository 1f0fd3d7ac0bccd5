"""What the episodes service tells the world: ids, kinds and codes; readings and words stay behind `dataref`.

A published model never changes its meaning: a new need is a new version beside the old one.
Consumers ignore fields they do not know, so adding an optional field is compatible.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Kind = Literal[
    "identity",
    "opening",
    "screening",
    "assessments",
    "plans",
    "sessions",
    "responses",
    "flags",
    "referrals",
    "closure",
]
"""A class of facts a client may consent to share with a partner."""

Urgency = Literal["routine", "urgent", "emergency"]
Priority = Literal["routine", "urgent", "asap", "stat"]

Number = Annotated[int, Field(ge=1, lt=2**31)]
"""A count from one, within the 32 bits of a CloudEvents integer."""


class Data(BaseModel):
    """The `data` of one published event; `type_name` is its CloudEvents `type`."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    type_name: ClassVar[str]


class EpisodeOpened(Data):
    type_name = "care.episode.episode_opened.v1"
    therapist: UUID
    referring_partner: UUID | None = None


class Assessed(Data):
    type_name = "care.episode.assessed.v1"
    stage: str


class PlanSet(Data):
    type_name = "care.episode.plan_set.v1"
    plan_version: Number


class PlanRefined(Data):
    type_name = "care.episode.plan_refined.v1"
    plan_version: Number
    replaces: Number


class SessionChecked(Data):
    type_name = "care.episode.session_checked.v1"
    visit: UUID | None = None


class SessionDelivered(Data):
    """`breaches` names the rules of care that were broken; `adverse` says whether a reaction was noted."""

    type_name = "care.episode.session_delivered.v1"
    visit: UUID | None = None
    plan_version: Number | None = None
    breaches: tuple[str, ...] = ()
    adverse: bool = False


class SessionNotDelivered(Data):
    type_name = "care.episode.session_not_delivered.v1"
    visit: UUID | None = None


class ResponseNoted(Data):
    type_name = "care.episode.response_noted.v1"
    session: UUID | None = None
    adverse: bool = False


class RedFlagRaised(Data):
    type_name = "care.episode.red_flag_raised.v1"
    urgency: Urgency
    holds_care: bool


class RedFlagCleared(Data):
    type_name = "care.episode.red_flag_cleared.v1"
    flag: UUID


class ClearanceRecorded(Data):
    type_name = "care.episode.clearance_recorded.v1"


class SharingConsented(Data):
    """A client's consent that a partner may be told; `effective_from` and `until` bound when, not how old."""

    type_name = "care.episode.sharing_consented.v1"
    consent: UUID
    partner: UUID
    kinds: tuple[Kind, ...]
    effective_from: AwareDatetime
    until: AwareDatetime | None = None


class SharingWithdrawn(Data):
    type_name = "care.episode.sharing_withdrawn.v1"
    consent: UUID
    partner: UUID
    effective_from: AwareDatetime


class ReferralMade(Data):
    """The client is referred to a partner, who is asked to accept or decline."""

    type_name = "care.episode.referral_made.v1"
    partner: UUID
    priority: Priority


class ReferralWithdrawn(Data):
    type_name = "care.episode.referral_withdrawn.v1"
    referral: UUID
    partner: UUID


class ReferralAnswered(Data):
    type_name = "care.episode.referral_answered.v1"
    referral: UUID
    partner: UUID
    accepted: bool


class PartnerReported(Data):
    """What a partner found or did; `referral` if it reports on one."""

    type_name = "care.episode.partner_reported.v1"
    partner: UUID
    referral: UUID | None = None


class ResponsibilityTransferred(Data):
    """Who answers for the episode from now on. The envelope's `clinic` is the new one."""

    type_name = "care.episode.responsibility_transferred.v1"
    from_therapist: UUID
    from_clinic: UUID
    to_therapist: UUID
    to_clinic: UUID


class EpisodeHeld(Data):
    type_name = "care.episode.episode_held.v1"


class EpisodeResumed(Data):
    type_name = "care.episode.episode_resumed.v1"


class EpisodeClosed(Data):
    type_name = "care.episode.episode_closed.v1"


class EpisodeReopened(Data):
    type_name = "care.episode.episode_reopened.v1"


class EntryAddedTo(Data):
    """An event was completed by what it had left out."""

    type_name = "care.episode.entry_added_to.v1"
    entry: UUID


class EntryCorrected(Data):
    """An event was wrong and is replaced; `breaches` and `adverse` are of the event as it stands now."""

    type_name = "care.episode.entry_corrected.v1"
    entry: UUID
    breaches: tuple[str, ...] = ()
    adverse: bool = False


class EntryRetracted(Data):
    """An event should never have been recorded. It counts no more."""

    type_name = "care.episode.entry_retracted.v1"
    entry: UUID


class EntryAttested(Data):
    """A licensed person vouches for entries, a student's among them."""

    type_name = "care.episode.entry_attested.v1"
    entries: tuple[UUID, ...]


class Redacted(BaseModel):
    """Stands where the data was, once the client has been erased."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"required": ["redacted"]})
    redacted: Literal[True] = True


PUBLISHED: Mapping[str, type[Data]] = MappingProxyType(
    {
        model.type_name: model
        for model in (
            EpisodeOpened,
            Assessed,
            PlanSet,
            PlanRefined,
            SessionChecked,
            SessionDelivered,
            SessionNotDelivered,
            ResponseNoted,
            RedFlagRaised,
            RedFlagCleared,
            ClearanceRecorded,
            SharingConsented,
            SharingWithdrawn,
            ReferralMade,
            ReferralWithdrawn,
            ReferralAnswered,
            PartnerReported,
            ResponsibilityTransferred,
            EpisodeHeld,
            EpisodeResumed,
            EpisodeClosed,
            EpisodeReopened,
            EntryAddedTo,
            EntryCorrected,
            EntryRetracted,
            EntryAttested,
        )
    }
)
"""Every published event by its CloudEvents type."""
