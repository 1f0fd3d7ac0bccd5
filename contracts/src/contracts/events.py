"""What the episodes service tells the world: ids, kinds, codes; readings and words stay behind `recordref`.

A published model never changes its meaning: a new need is a new version beside the old one.
Consumers ignore fields they do not know, so adding an optional field is compatible.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.values import Moment, Number

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


class Data(BaseModel):
    """The `data` of one published event; `type_name` is its CloudEvents `type`.

    None has a member `redacted`, so that no redacted event can be taken for one that says nothing.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", json_schema_extra={"not": {"required": ["redacted"]}}
    )
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
    breaches: tuple[str, ...]
    adverse: bool


class SessionNotDelivered(Data):
    type_name = "care.episode.session_not_delivered.v1"
    visit: UUID | None = None


class ResponseNoted(Data):
    type_name = "care.episode.response_noted.v1"
    session: UUID | None = None
    adverse: bool


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
    kinds: tuple[Annotated[Kind, Field(title="Kind")], ...]
    effective_from: Moment
    until: Moment | None = None


class SharingWithdrawn(Data):
    type_name = "care.episode.sharing_withdrawn.v1"
    consent: UUID
    partner: UUID
    effective_from: Moment


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
    breaches: tuple[str, ...]
    adverse: bool


class EntryRetracted(Data):
    """An event should never have been recorded. It counts no more."""

    type_name = "care.episode.entry_retracted.v1"
    entry: UUID


class EntryAttested(Data):
    """A licensed person vouches for entries, a student's among them."""

    type_name = "care.episode.entry_attested.v1"
    entries: tuple[UUID, ...]


class SessionJudged(BaseModel):
    """The rules of care that a session broke, as judged now and `before`."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    session: UUID
    breaches: tuple[str, ...]
    before: tuple[str, ...]


class SessionsRejudged(Data):
    """What was recorded late, or amended, changed which rules sessions broke.

    `because` names the event that did; there is none if an operator had all sessions judged anew.
    """

    type_name = "care.episode.sessions_rejudged.v1"
    because: UUID | None = None
    sessions: tuple[SessionJudged, ...]


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
            SessionsRejudged,
        )
    }
)
"""Every published event by its CloudEvents type."""
