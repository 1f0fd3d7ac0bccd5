"""The public form of each published fact: the ids, kinds and codes that a policy needs, never clinical text.

A fact is private unless its step is `published`. Its public form is the class of that name in `contracts`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from care_platform.http.correlation import traceparent
from contracts import events as public
from contracts.codec import CloudEvent
from contracts.envelope import source_of, timestamp
from episodes.domain.care import (
    amendments,
    openings,
    red_flags,
    referrals,
    rejudging,
    responses,
    sessions,
    sharing_consents,
    transfers,
)
from episodes.domain.event import EventMetadata, RecordedEvent, Redacted
from episodes.domain.step import Step
from episodes.domain.vocabulary import BY_FACT, BY_NAME
from episodes.event_log.stored_form import Damaged

Publish = Callable[[RecordedEvent[Any]], public.Data]


def _opened(entry: RecordedEvent[openings.EpisodeOpened]) -> public.Data:
    fact = entry.fact
    partner = fact.referral.partner if fact.referral is not None else None
    return public.EpisodeOpened(therapist=fact.therapist, referring_partner=partner)


def _delivered(entry: RecordedEvent[sessions.SessionDelivered]) -> public.Data:
    fact = entry.fact
    return public.SessionDelivered(
        visit=fact.visit,
        plan_version=fact.plan_version,
        breaches=tuple(breach.rule for breach in fact.breaches),
        adverse=bool(fact.adverse),
    )


def _noted(entry: RecordedEvent[responses.ResponseNoted]) -> public.Data:
    return public.ResponseNoted(session=entry.fact.session, adverse=bool(entry.fact.adverse))


def _cleared(entry: RecordedEvent[red_flags.RedFlagCleared]) -> public.Data:
    return public.RedFlagCleared(flag=entry.fact.flag_id)


def _shared(entry: RecordedEvent[sharing_consents.SharingConsented]) -> public.Data:
    fact = entry.fact
    return public.SharingConsented.model_validate(
        {
            "consent": entry.metadata.event_id,
            "partner": fact.partner,
            "kinds": fact.kinds,
            "effective_from": fact.effective_from,
            "until": fact.until,
        }
    )


def _sharing_withdrawn(entry: RecordedEvent[sharing_consents.SharingWithdrawn]) -> public.Data:
    fact = entry.fact
    return public.SharingWithdrawn(
        consent=fact.consent_id, partner=fact.partner, effective_from=fact.effective_from
    )


def _referral_withdrawn(entry: RecordedEvent[referrals.ReferralWithdrawn]) -> public.Data:
    said = {"referral": entry.fact.referral_id, "partner": entry.fact.partner}
    return public.ReferralWithdrawn.model_validate(said)


def _answered(entry: RecordedEvent[referrals.ReferralAnswered]) -> public.Data:
    fact = entry.fact
    said = {"referral": fact.referral_id, "partner": fact.partner, "accepted": fact.accepted}
    return public.ReferralAnswered.model_validate(said)


def _transferred(entry: RecordedEvent[transfers.ResponsibilityTransferred]) -> public.Data:
    former, to = entry.fact.former or entry.fact.to, entry.fact.to
    return public.ResponsibilityTransferred(
        from_therapist=former.therapist,
        from_clinic=former.clinic,
        to_therapist=to.therapist,
        to_clinic=to.clinic,
    )


def _about_entry(form: type[public.EntryAddedTo] | type[public.EntryRetracted]) -> Publish:
    return lambda entry: form.model_validate({"entry": entry.fact.event})


def _corrected(entry: RecordedEvent[amendments.EntryCorrected]) -> public.Data:
    now = entry.fact.replacement
    breaches = tuple(breach.rule for breach in getattr(now, "breaches", ()))
    adverse = bool(getattr(now, "adverse", ()))
    return public.EntryCorrected.model_validate(
        {"entry": entry.fact.event, "breaches": breaches, "adverse": adverse}
    )


def _rejudged(entry: RecordedEvent[rejudging.SessionsRejudged]) -> public.Data:
    fact = entry.fact
    sessions = tuple(
        public.SessionJudged(session=it.session, breaches=it.breaches, before=it.before)
        for it in fact.sessions
    )
    return public.SessionsRejudged(because=fact.because, sessions=sessions)


SPECIAL: Mapping[type[Any], Publish] = MappingProxyType(
    {
        openings.EpisodeOpened: _opened,
        sessions.SessionDelivered: _delivered,
        responses.ResponseNoted: _noted,
        red_flags.RedFlagCleared: _cleared,
        sharing_consents.SharingConsented: _shared,
        sharing_consents.SharingWithdrawn: _sharing_withdrawn,
        referrals.ReferralWithdrawn: _referral_withdrawn,
        referrals.ReferralAnswered: _answered,
        transfers.ResponsibilityTransferred: _transferred,
        amendments.EntryAddedTo: _about_entry(public.EntryAddedTo),
        amendments.EntryCorrected: _corrected,
        amendments.EntryRetracted: _about_entry(public.EntryRetracted),
        rejudging.SessionsRejudged: _rejudged,
        amendments.EntryAttested: lambda entry: public.EntryAttested(entries=entry.fact.events),
    }
)
"""Facts whose public form is not simply a selection of their fields."""

REDACTED = public.Redacted().model_dump_json().encode()


def form_of(step: Step) -> type[public.Data]:
    """The public form of a published kind of event."""
    form: type[public.Data] = getattr(public, step.fact.__name__)
    return form


def published_name(stored_name: str) -> str | None:
    """The CloudEvents type of a stored event. None if it is private or of a later release."""
    step = BY_NAME.get(stored_name)
    return form_of(step).type_name if step is not None and step.published else None


def published(entry: RecordedEvent[Any], public_url: str) -> CloudEvent | None:
    """The public form of a recorded event. None if it is private. Raises `Damaged` if it can have none."""
    name = published_name(entry.metadata.type)
    if name is None:
        return None
    try:
        return CloudEvent(_attributes(entry.metadata, name, public_url), _data(entry))
    except ValidationError:
        raise Damaged(f"event {entry.metadata.event_id} has no public form") from None


def _data(entry: RecordedEvent[Any]) -> bytes:
    if isinstance(entry.fact, Redacted):
        return REDACTED
    publish = SPECIAL.get(type(entry.fact), _plain)
    return publish(entry).model_dump_json(exclude_none=True).encode()


def _plain(entry: RecordedEvent[Any]) -> public.Data:
    """The fields of the fact that its public form has under the same names."""
    form = form_of(BY_FACT[type(entry.fact)])
    names = form.model_fields.keys() & entry.fact.__dataclass_fields__.keys()
    return form.model_validate({name: getattr(entry.fact, name) for name in names})


def _attributes(metadata: EventMetadata, name: str, public_url: str) -> dict[str, str]:
    event_id, episode = str(metadata.event_id), str(metadata.episode_id)
    traced = traceparent([(metadata.traceparent or "").encode()])  # some were recorded unchecked
    return {
        "id": event_id,
        "type": name,
        "source": source_of(metadata.network),
        "subject": episode,
        "time": timestamp(metadata.occurred_at),
        "publishednumber": str(metadata.sequence),
        "version": str(metadata.version),
        "clinic": str(metadata.clinic),
        "precision": metadata.precision,
        "recordedtime": timestamp(metadata.recorded_at),
        "origin": metadata.origin,
        "recordref": f"{public_url}/v1/episodes/{episode}/events/{event_id}",
        "correlationid": str(metadata.correlation_id),
        **({"traceparent": traced} if traced else {}),
    }
