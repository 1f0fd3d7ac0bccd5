"""From the published language to the facts of our domain."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from contracts import events
from contracts.envelope import PublishedEvent
from notifications.domain import facts
from notifications.domain.facts import Fact, Happened


def translate(event: PublishedEvent) -> Happened[Fact]:
    """What our policies need of it."""
    fact = _FACTS[type(event.data)](event.data)
    return Happened(fact, event.clinic, event.sequence, event.recordedat, event.origin)


def _session(data: events.SessionDelivered) -> Fact:
    return facts.SessionDelivered(bool(data.breaches), data.adverse)


def _consent(data: events.SharingConsented) -> Fact:
    return facts.SharingConsented(
        data.consent, data.partner, frozenset(data.kinds), data.effective_from, data.until
    )


def _corrected(data: events.EntryCorrected) -> Fact:
    return facts.EntryCorrected(data.entry, bool(data.breaches), data.adverse)


def _of_no_concern(data: object) -> Fact:
    return facts.OfNoConcern()


_FACTS: Mapping[type, Callable[[Any], Fact]] = MappingProxyType(
    {
        events.EpisodeOpened: lambda data: facts.EpisodeOpened(data.therapist, data.referring_partner),
        events.Assessed: _of_no_concern,
        events.PlanSet: lambda _: facts.PlanSet(),
        events.PlanRefined: lambda _: facts.PlanRefined(),
        events.SessionChecked: _of_no_concern,
        events.SessionDelivered: _session,
        events.SessionNotDelivered: _of_no_concern,
        events.ResponseNoted: lambda data: facts.ResponseNoted(data.adverse),
        events.RedFlagRaised: lambda _: facts.RedFlagRaised(),
        events.RedFlagCleared: _of_no_concern,
        events.ClearanceRecorded: _of_no_concern,
        events.SharingConsented: _consent,
        events.SharingWithdrawn: lambda data: facts.SharingWithdrawn(data.consent, data.effective_from),
        events.ReferralMade: lambda data: facts.ReferralMade(data.partner),
        events.ReferralWithdrawn: lambda data: facts.ReferralWithdrawn(data.partner),
        events.ReferralAnswered: lambda _: facts.ReferralAnswered(),
        events.PartnerReported: lambda _: facts.PartnerReported(),
        events.ResponsibilityTransferred: lambda data: facts.ResponsibilityTransferred(data.to_therapist),
        events.EpisodeHeld: _of_no_concern,
        events.EpisodeResumed: _of_no_concern,
        events.EpisodeClosed: lambda _: facts.EpisodeClosed(),
        events.EpisodeReopened: _of_no_concern,
        events.EntryAddedTo: lambda data: facts.EntryAddedTo(data.entry),
        events.EntryCorrected: _corrected,
        events.EntryRetracted: lambda data: facts.EntryRetracted(data.entry),
        events.EntryAttested: _of_no_concern,
        events.Redacted: _of_no_concern,
    }
)
"""Every published event, also one that is of no concern: so that a new one cannot be forgotten."""
