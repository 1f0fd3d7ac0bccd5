"""The policies: when X then Y. Each returns what is owed and sends nothing; `POLICIES` is the whole list."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from notifications.domain.facts import (
    IMPORTED,
    EpisodeClosed,
    Fact,
    Happened,
    PlanRefined,
    PlanSet,
    RedFlagRaised,
    ResponseNoted,
    SessionDelivered,
)
from notifications.domain.knowledge import Knowledge
from notifications.domain.owed import Concern, InboxOwed, Owed, WebhookOwed

Policy = Callable[[Happened[Any], Knowledge], tuple[Owed, ...]]


def decide(event: Happened[Fact], known: Knowledge) -> tuple[Owed, ...]:
    """All that an event makes us owe. Imported history owes nothing."""
    if event.origin == IMPORTED:
        return ()
    return tuple(owed for policy in POLICIES.get(type(event.fact), ()) for owed in policy(event, known))


def when_session_delivered_then_tell_partners(
    event: Happened[SessionDelivered], known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("sessions", event, known)


def when_session_broke_a_rule_then_alert_the_clinic(
    event: Happened[SessionDelivered], known: Knowledge
) -> tuple[Owed, ...]:
    return _critical("rule_of_care_broken", event) if event.fact.breached else ()


def when_session_had_an_adverse_reaction_then_alert_the_clinic(
    event: Happened[SessionDelivered], known: Knowledge
) -> tuple[Owed, ...]:
    return _critical("adverse_reaction", event) if event.fact.adverse else ()


def when_response_was_adverse_then_alert_the_clinic(
    event: Happened[ResponseNoted], known: Knowledge
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


def when_episode_closed_then_tell_partners(
    event: Happened[EpisodeClosed], known: Knowledge
) -> tuple[Owed, ...]:
    return _partners("closure", event, known)


POLICIES: Mapping[type[Fact], tuple[Policy, ...]] = MappingProxyType(
    {
        SessionDelivered: (
            when_session_delivered_then_tell_partners,
            when_session_broke_a_rule_then_alert_the_clinic,
            when_session_had_an_adverse_reaction_then_alert_the_clinic,
        ),
        ResponseNoted: (when_response_was_adverse_then_alert_the_clinic,),
        PlanSet: (when_plan_set_then_tell_partners,),
        PlanRefined: (when_plan_refined_then_tell_partners,),
        RedFlagRaised: (when_red_flag_raised_then_alert_the_clinic,),
        EpisodeClosed: (when_episode_closed_then_tell_partners,),
    }
)


def _partners(kind: str, event: Happened[Fact], known: Knowledge) -> tuple[Owed, ...]:
    """Whoever had consent when it was recorded; whether it still holds is asked before each attempt."""
    return tuple(WebhookOwed(partner) for partner in known.partners_told(kind, event.recorded_at))


def _critical(concern: Concern, event: Happened[Fact]) -> tuple[Owed, ...]:
    return (InboxOwed(event.clinic, "critical", concern),)
