"""Which facts leave, and as what. Private by default: each is listed here, published or not on purpose."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from contracts import events as public
from contracts.codec import CloudEvent
from contracts.envelope import source_of
from episodes.domain import (
    assessing,
    checking,
    closing,
    consenting,
    flagging,
    opening,
    planning,
    responding,
    sharing,
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


PUBLICATION: Mapping[type[Any], tuple[type[public.Data], Publish] | None] = MappingProxyType(
    {
        opening.EpisodeOpened: (public.EpisodeOpened, _opened),
        # Private: no policy reacts to it, no partner may have it, and the network reads it by the API.
        consenting.TreatmentConsented: None,
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
        sharing.SharingConsented: (public.SharingConsented, _shared),
        sharing.SharingWithdrawn: (
            public.SharingWithdrawn,
            lambda entry: public.SharingWithdrawn(
                consent=entry.fact.consent_id,
                partner=entry.fact.partner,
                effective_from=entry.fact.effective_from,
            ),
        ),
        closing.EpisodeClosed: (public.EpisodeClosed, lambda entry: public.EpisodeClosed()),
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
    """The kind a client consents to share for this fact; none goes to no partner."""
    step = BY_FACT.get(type(fact))
    return None if step is None else step.kind
