"""The policies: when X happens, then Y is owed. None of them sends anything. `POLICIES` is the whole list."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.envelope import PublishedEvent
from contracts.events import (
    EntryAddedTo,
    EntryCorrected,
    EntryRetracted,
    EpisodeClosed,
    PartnerReported,
    PlanRefined,
    PlanSet,
    RedFlagRaised,
    ReferralAnswered,
    ReferralMade,
    ReferralWithdrawn,
    ResponseNoted,
    SessionDelivered,
    SessionsRejudged,
    SharingConsented,
)
from notifications.concerns import Concern
from notifications.reacting.knowledge import Knowledge
from notifications.reacting.owed import (
    AlertsTakenBack,
    AmendmentOwed,
    InboxOwed,
    OpeningOwed,
    Owed,
    WebhookOwed,
)

Policy = Callable[[Any, PublishedEvent, Knowledge], tuple[Owed, ...]]
"""Takes the fact, its event, and what is known of the episode after it."""


def decide(event: PublishedEvent, known: Knowledge) -> tuple[Owed, ...]:
    """Everything owed for an event. An imported one takes alerts back, and owes nothing else."""
    policies = POLICIES.get(type(event.data), ())
    owed = tuple(owed for policy in policies for owed in policy(event.data, event, known))
    if event.origin == "imported":
        return tuple(one for one in owed if isinstance(one, AlertsTakenBack))
    return owed


def never_waits(event: PublishedEvent) -> tuple[InboxOwed, ...]:
    """What is critical for the clinic: it rests on the event alone, whatever came before it."""
    owed = decide(event, Knowledge())
    return tuple(it for it in owed if isinstance(it, InboxOwed) and it.severity == "critical")


def when_sharing_consented_then_tell_the_referring_partner_of_the_opening(
    data: SharingConsented, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    awaited = data.partner == known.referring_partner and "opening" in data.kinds
    return (OpeningOwed(data.partner, data.effective_from),) if awaited else ()


def when_session_delivered_then_tell_partners(
    data: SessionDelivered, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("sessions", event, known)


def when_a_rule_was_broken_then_alert_the_clinic(
    data: SessionDelivered | EntryCorrected, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    session = data.entry if isinstance(data, EntryCorrected) else event.id
    return _broken(event, [session] if data.breaches else [])


def when_breaches_came_to_light_then_alert_the_clinic(
    data: SessionsRejudged, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    """One alert for all of the sessions."""
    return _broken(event, [it.session for it in data.sessions if set(it.breaches) - set(it.before)])


def when_breaches_proved_false_then_take_the_alerts_back(
    data: SessionsRejudged, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    """Alerts of sessions that broke another rule all the same stand."""
    cleared = tuple(it.session for it in data.sessions if not it.breaches)
    return (AlertsTakenBack(cleared),) if cleared else ()


def when_the_entry_broke_no_rule_after_all_then_take_its_alert_back(
    data: EntryCorrected | EntryRetracted, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    broke = isinstance(data, EntryCorrected) and data.breaches
    return () if broke else (AlertsTakenBack((data.entry,)),)


def when_a_reaction_was_adverse_then_alert_the_clinic(
    data: SessionDelivered | ResponseNoted | EntryCorrected, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _critical("adverse_reaction", event) if data.adverse else ()


def when_plan_set_then_tell_partners(
    data: PlanSet, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("plans", event, known)


def when_plan_refined_then_tell_partners(
    data: PlanRefined, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("plans", event, known)


def when_red_flag_raised_then_alert_the_clinic(
    data: RedFlagRaised, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _critical("red_flag_raised", event)


def when_referral_made_then_ask_its_partner(
    data: ReferralMade, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _partner_of_referral(data.partner, event, known)


def when_referral_withdrawn_then_tell_its_partner(
    data: ReferralWithdrawn, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _partner_of_referral(data.partner, event, known)


def when_referral_answered_then_notify_the_therapist(
    data: ReferralAnswered, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _therapist("referral_answered", event, known)


def when_partner_reported_then_notify_the_therapist(
    data: PartnerReported, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _therapist("partner_reported", event, known)


def when_episode_closed_then_tell_partners(
    data: EpisodeClosed, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("closure", event, known)


def when_entry_amended_then_tell_whoever_was_sent_it(
    data: EntryAddedTo | EntryCorrected | EntryRetracted, event: PublishedEvent, known: Knowledge
) -> tuple[Owed, ...]:
    return (AmendmentOwed(data.entry),)


POLICIES: Mapping[type, tuple[Policy, ...]] = MappingProxyType(
    {
        SharingConsented: (when_sharing_consented_then_tell_the_referring_partner_of_the_opening,),
        SessionDelivered: (
            when_session_delivered_then_tell_partners,
            when_a_rule_was_broken_then_alert_the_clinic,
            when_a_reaction_was_adverse_then_alert_the_clinic,
        ),
        ResponseNoted: (when_a_reaction_was_adverse_then_alert_the_clinic,),
        PlanSet: (when_plan_set_then_tell_partners,),
        PlanRefined: (when_plan_refined_then_tell_partners,),
        RedFlagRaised: (when_red_flag_raised_then_alert_the_clinic,),
        ReferralMade: (when_referral_made_then_ask_its_partner,),
        ReferralWithdrawn: (when_referral_withdrawn_then_tell_its_partner,),
        ReferralAnswered: (when_referral_answered_then_notify_the_therapist,),
        PartnerReported: (when_partner_reported_then_notify_the_therapist,),
        EpisodeClosed: (when_episode_closed_then_tell_partners,),
        EntryAddedTo: (when_entry_amended_then_tell_whoever_was_sent_it,),
        EntryCorrected: (
            when_entry_amended_then_tell_whoever_was_sent_it,
            when_a_rule_was_broken_then_alert_the_clinic,
            when_the_entry_broke_no_rule_after_all_then_take_its_alert_back,
            when_a_reaction_was_adverse_then_alert_the_clinic,
        ),
        EntryRetracted: (
            when_entry_amended_then_tell_whoever_was_sent_it,
            when_the_entry_broke_no_rule_after_all_then_take_its_alert_back,
        ),
        SessionsRejudged: (
            when_breaches_came_to_light_then_alert_the_clinic,
            when_breaches_proved_false_then_take_the_alerts_back,
        ),
    }
)


def _partners(kind: str, event: PublishedEvent, known: Knowledge) -> tuple[Owed, ...]:
    """The partners with consent when the event was recorded. Consent is checked again before each attempt."""
    return tuple(WebhookOwed(partner) for partner in known.partners_told(kind, event.recordedtime))


def _partner_of_referral(partner: UUID, event: PublishedEvent, known: Knowledge) -> tuple[Owed, ...]:
    """The partner of a referral. No other partner hears of it, whatever was consented to."""
    told = known.partners_told("referrals", event.recordedtime)
    return (WebhookOwed(partner),) if partner in told else ()


def _therapist(concern: Concern, event: PublishedEvent, known: Knowledge) -> tuple[Owed, ...]:
    """The responsible therapist; None, which means the whole clinic, while none is known."""
    return (InboxOwed(event.clinic, "notice", concern, known.therapist),)


def _broken(event: PublishedEvent, sessions: Sequence[UUID]) -> tuple[Owed, ...]:
    """One alert for all sessions that broke a rule."""
    if not sessions:
        return ()
    return (InboxOwed(event.clinic, "critical", "rule_of_care_broken", sessions=tuple(sessions)),)


def _critical(concern: Concern, event: PublishedEvent) -> tuple[Owed, ...]:
    return (InboxOwed(event.clinic, "critical", concern),)
