"""Which facts leave, and as what. Private by default: each is listed here, published or not on purpose."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts import events as public
from contracts.codec import CloudEvent
from contracts.envelope import source_of
from episodes.domain import (
    amendments,
    assessing,
    checking,
    clearing,
    closing,
    consenting,
    flagging,
    holding,
    opening,
    planning,
    referring,
    responding,
    sharing,
    transferring,
    treating,
)
from episodes.domain.envelope import Header, Recorded, Redacted
from episodes.domain.steps import BY_FACT, BY_NAME

Publish = Callable[[Recorded[Any]], public.Data]


def _opened(entry: Recorded[opening.EpisodeOpened]) -> public.Data:
    fact = entry.fact
    partner = fact.referral.partner if fact.referral is not None else None
    return public.EpisodeOpened(therapist=fact.therapist, referring_partner=partner)


def _delivered(entry: Recorded[treating.SessionDelivered]) -> public.Data:
    fact = entry.fact
    return public.SessionDelivered(
        visit=fact.visit,
        plan_version=fact.plan_version,
        breaches=tuple(breach.rule for breach in fact.breaches),
        adverse=bool(fact.adverse),
    )


def _shared(entry: Recorded[sharing.SharingConsented]) -> public.Data:
    fact = entry.fact
    return public.SharingConsented.model_validate(
        {
            "consent": entry.header.event_id,
            "partner": fact.partner,
            "kinds": fact.kinds,
            "effective_from": fact.effective_from,
            "until": fact.until,
        }
    )


def _referred(entry: Recorded[referring.ReferralMade]) -> public.Data:
    said = {"partner": entry.fact.partner, "priority": entry.fact.priority}
    return public.ReferralMade.model_validate(said)


def _referral_withdrawn(entry: Recorded[referring.ReferralWithdrawn]) -> public.Data:
    said = {"referral": entry.fact.referral_id, "partner": entry.fact.partner}
    return public.ReferralWithdrawn.model_validate(said)


def _answered(entry: Recorded[referring.ReferralAnswered]) -> public.Data:
    fact = entry.fact
    said = {"referral": fact.referral_id, "partner": fact.partner, "accepted": fact.accepted}
    return public.ReferralAnswered.model_validate(said)


def _reported(entry: Recorded[referring.PartnerReported]) -> public.Data:
    said = {"partner": entry.fact.partner, "referral": entry.fact.referral}
    return public.PartnerReported.model_validate(said)


def _transferred(entry: Recorded[transferring.ResponsibilityTransferred]) -> public.Data:
    former, to = entry.fact.former or entry.fact.to, entry.fact.to
    return public.ResponsibilityTransferred(
        from_therapist=former.therapist,
        from_clinic=former.clinic,
        to_therapist=to.therapist,
        to_clinic=to.clinic,
    )


def _about_entry(form: type[public.EntryAddedTo] | type[public.EntryRetracted]) -> Publish:
    return lambda entry: form.model_validate({"entry": entry.fact.event})


def _corrected(entry: Recorded[amendments.EntryCorrected]) -> public.Data:
    now = entry.fact.replacement
    breaches = tuple(breach.rule for breach in getattr(now, "breaches", ()))
    adverse = bool(getattr(now, "adverse", ()))
    return public.EntryCorrected.model_validate(
        {"entry": entry.fact.event, "breaches": breaches, "adverse": adverse}
    )


PUBLICATION: Mapping[type[Any], tuple[type[public.Data], Publish] | None] = MappingProxyType(
    {
        opening.EpisodeOpened: (public.EpisodeOpened, _opened),
        # Private: no policy reacts to it, no partner may have it, and the network reads it by the API.
        consenting.TreatmentConsented: None,
        consenting.TreatmentConsentWithdrawn: None,
        assessing.Assessed: (public.Assessed, lambda entry: public.Assessed(stage=entry.fact.stage)),
        planning.PlanSet: (
            public.PlanSet,
            lambda entry: public.PlanSet(plan_version=entry.fact.plan_version),
        ),
        planning.PlanRefined: (
            public.PlanRefined,
            lambda entry: public.PlanRefined(
                plan_version=entry.fact.plan_version, replaces=entry.fact.replaces
            ),
        ),
        checking.SessionChecked: (
            public.SessionChecked,
            lambda entry: public.SessionChecked(visit=entry.fact.visit),
        ),
        treating.SessionDelivered: (public.SessionDelivered, _delivered),
        treating.SessionNotDelivered: (
            public.SessionNotDelivered,
            lambda entry: public.SessionNotDelivered(visit=entry.fact.visit),
        ),
        responding.ResponseNoted: (
            public.ResponseNoted,
            lambda entry: public.ResponseNoted(session=entry.fact.session, adverse=bool(entry.fact.adverse)),
        ),
        flagging.RedFlagRaised: (
            public.RedFlagRaised,
            lambda entry: public.RedFlagRaised(urgency=entry.fact.urgency, holds_care=entry.fact.holds_care),
        ),
        flagging.RedFlagCleared: (
            public.RedFlagCleared,
            lambda entry: public.RedFlagCleared(flag=entry.fact.flag_id),
        ),
        clearing.ClearanceRecorded: (public.ClearanceRecorded, lambda entry: public.ClearanceRecorded()),
        sharing.SharingConsented: (public.SharingConsented, _shared),
        sharing.SharingWithdrawn: (
            public.SharingWithdrawn,
            lambda entry: public.SharingWithdrawn(
                consent=entry.fact.consent_id,
                partner=entry.fact.partner,
                effective_from=entry.fact.effective_from,
            ),
        ),
        referring.ReferralMade: (public.ReferralMade, _referred),
        referring.ReferralWithdrawn: (public.ReferralWithdrawn, _referral_withdrawn),
        referring.ReferralAnswered: (public.ReferralAnswered, _answered),
        referring.PartnerReported: (public.PartnerReported, _reported),
        transferring.ResponsibilityTransferred: (public.ResponsibilityTransferred, _transferred),
        holding.EpisodeHeld: (public.EpisodeHeld, lambda entry: public.EpisodeHeld()),
        holding.EpisodeResumed: (public.EpisodeResumed, lambda entry: public.EpisodeResumed()),
        closing.EpisodeClosed: (public.EpisodeClosed, lambda entry: public.EpisodeClosed()),
        closing.EpisodeReopened: (public.EpisodeReopened, lambda entry: public.EpisodeReopened()),
        amendments.EntryAddedTo: (public.EntryAddedTo, _about_entry(public.EntryAddedTo)),
        amendments.EntryCorrected: (public.EntryCorrected, _corrected),
        amendments.EntryRetracted: (public.EntryRetracted, _about_entry(public.EntryRetracted)),
        amendments.EntryAttested: (
            public.EntryAttested,
            lambda entry: public.EntryAttested(entries=entry.fact.events),
        ),
        # Private: a dispute about the record is between the client and the clinic.
        amendments.AmendmentRefused: None,
    }
)

REDACTED = public.Redacted().model_dump_json().encode()


def is_published(fact: type[Any]) -> bool:
    return PUBLICATION[fact] is not None


def published_name(stored_name: str) -> str | None:
    """The CloudEvents type of a stored event, none if it is private or of a later release."""
    step = BY_NAME.get(stored_name)
    publication = None if step is None else PUBLICATION[step.fact]
    return None if publication is None else publication[0].type_name


def published(entry: Recorded[Any], public_url: str) -> CloudEvent | None:
    """The public form of a recorded event, none if it is private."""
    name = published_name(entry.header.type)
    if name is None:
        return None
    return CloudEvent(_attributes(entry.header, name, public_url), _data(entry))


def _data(entry: Recorded[Any]) -> bytes:
    if isinstance(entry.fact, Redacted):
        return REDACTED
    publication = PUBLICATION[type(entry.fact)]
    assert publication is not None
    return publication[1](entry).model_dump_json(exclude_none=True).encode()


def _attributes(header: Header, name: str, public_url: str) -> dict[str, str]:
    event_id, episode = str(header.event_id), str(header.episode_id)
    return {
        "id": event_id,
        "type": name,
        "source": source_of(header.network),
        "subject": episode,
        "time": header.occurred_at.isoformat(),
        "sequence": str(header.sequence),
        "version": str(header.version),
        "clinic": str(header.clinic),
        "precision": header.precision,
        "recordedat": header.recorded_at.isoformat(),
        "origin": header.origin,
        "dataref": f"{public_url}/v1/episodes/{episode}/events/{event_id}",
        "correlationid": str(header.correlation_id),
        "traceparent": f"00-{header.correlation_id.hex}-{header.event_id.hex[16:]}-01",
    }


def kind_of(fact: object) -> str | None:
    """The kind a client consents to share for this fact; none goes to no partner.

    An amendment is of the kind of the entry it points at.
    """
    step = BY_NAME.get(fact.of) if isinstance(fact, amendments.Amendment) else BY_FACT.get(type(fact))
    return None if step is None else step.kind


def may_concern(fact: object, partner: UUID) -> bool:
    """A referral and what follows from it are for the partner it names alone."""
    return kind_of(fact) != "referrals" or getattr(fact, "partner", None) == partner
