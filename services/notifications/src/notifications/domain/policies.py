"""The policies: when X then Y. Each returns what is owed and sends nothing; `POLICIES` is the whole list."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from notifications.domain.facts import (
    IMPORTED,
    EntryAddedTo,
    EntryCorrected,
    EntryRetracted,
    EpisodeClosed,
    Fact,
    Happened,
    PartnerReported,
    PlanRefined,
    PlanSet,
    RedFlagRaised,
    ReferralAnswered,
    ReferralMade,
    ReferralWithdrawn,
    ResponseNoted,
    SessionDelivered,
    SharingConsented,
)
from notifications.domain.knowledge import Knowledge
from notifications.domain.owed import AmendmentOwed, Concern, InboxOwed, OpeningOwed, Owed, WebhookOwed

Policy = Callable[[Happened[Any], Knowledge], tuple[Owed, ...]]


def decide(event: Happened[Fact], known: Knowledge) -> tuple[Owed, ...]:
    """All that an event makes us owe. Imported history owes nothing."""
    if event.origin == IMPORTED:
        return ()
    return tuple(owed for policy in POLICIES.get(type(event.fact), ()) for owed in policy(event, known))


def when_sharing_consented_then_tell_the_referring_partner_of_the_opening(
    event: Happened[SharingConsented], known: Knowledge
) -> tuple[Owed, ...]:
    given = event.fact
    awaited = given.partner == known.referring_partner and "opening" in given.kinds
    return (OpeningOwed(given.partner, given.effective_from),) if awaited else ()


def when_session_delivered_then_tell_partners(
    event: Happened[SessionDelivered], known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("sessions", event, known)


def when_a_rule_was_broken_then_alert_the_clinic(
    event: Happened[SessionDelivered | EntryCorrected], known: Knowledge
) -> tuple[Owed, ...]:
    return _critical("rule_of_care_broken", event) if event.fact.breached else ()


def when_a_reaction_was_adverse_then_alert_the_clinic(
    event: Happened[SessionDelivered | ResponseNoted | EntryCorrected], known: Knowledge
) -> tuple[Owed, ...]:
    return _critical("adverse_reaction", event) if event.fact.adverse else ()


def when_plan_set_then_tell_partners(event: Happened[PlanSet], known: Knowledge) -> tuple[Owed, ...]:
    return _partners("plans", event, known)


def when_plan_refined_then_tell_partners(event: Happened[PlanRefined], known: Knowledge) -> tuple[Owed, ...]:
    return _partners("plans", event, known)


def when_red_flag_raised_then_alert_the_clinic(
    event: Happened[RedFlagRaised], known: Knowledge
) -> tuple[Owed, ...]:
    return _critical("red_flag_raised", event)


def when_referral_made_then_ask_its_partner(
    event: Happened[ReferralMade], known: Knowledge
) -> tuple[Owed, ...]:
    return _partner_of_referral(event.fact.partner, event, known)


def when_referral_withdrawn_then_tell_its_partner(
    event: Happened[ReferralWithdrawn], known: Knowledge
) -> tuple[Owed, ...]:
    return _partner_of_referral(event.fact.partner, event, known)


def when_referral_answered_then_notify_the_therapist(
    event: Happened[ReferralAnswered], known: Knowledge
) -> tuple[Owed, ...]:
    return _therapist("referral_answered", event, known)


def when_partner_reported_then_notify_the_therapist(
    event: Happened[PartnerReported], known: Knowledge
) -> tuple[Owed, ...]:
    return _therapist("partner_reported", event, known)


def when_episode_closed_then_tell_partners(
    event: Happened[EpisodeClosed], known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("closure", event, known)


def when_entry_amended_then_tell_whoever_was_sent_it(
    event: Happened[EntryAddedTo | EntryCorrected | EntryRetracted], known: Knowledge
) -> tuple[Owed, ...]:
    return (AmendmentOwed(event.fact.entry),)


POLICIES: Mapping[type[Fact], tuple[Policy, ...]] = MappingProxyType(
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
            when_a_reaction_was_adverse_then_alert_the_clinic,
        ),
        EntryRetracted: (when_entry_amended_then_tell_whoever_was_sent_it,),
    }
)


def _partners(kind: str, event: Happened[Fact], known: Knowledge) -> tuple[Owed, ...]:
    """Whoever had consent when it was recorded; whether it still holds is asked before each attempt."""
    return tuple(WebhookOwed(partner) for partner in known.partners_told(kind, event.recorded_at))


def _partner_of_referral(partner: UUID, event: Happened[Fact], known: Knowledge) -> tuple[Owed, ...]:
    """A referral is between the client and one partner: no other hears of it, whatever was consented to."""
    told = known.partners_told("referrals", event.recorded_at)
    return (WebhookOwed(partner),) if partner in told else ()


def _therapist(concern: Concern, event: Happened[Fact], known: Knowledge) -> tuple[Owed, ...]:
    """While nobody is known to be responsible, the whole clinic sees it."""
    return (InboxOwed(event.clinic, "notice", concern, known.therapist),)


def _critical(concern: Concern, event: Happened[Fact]) -> tuple[Owed, ...]:
    return (InboxOwed(event.clinic, "critical", concern),)
