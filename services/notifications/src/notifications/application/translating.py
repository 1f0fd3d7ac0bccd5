"""From the published language to the facts of our domain."""

from collections.abc import Mapping
from types import MappingProxyType

from contracts import events
from contracts.envelope import PublishedEvent
from notifications.domain import facts
from notifications.domain.facts import Fact, Happened


def translate(event: PublishedEvent) -> Happened[Fact]:
    """What our policies need of it."""
    return Happened(_fact(event), event.clinic, event.sequence, event.recordedat, event.origin)


def _fact(event: PublishedEvent) -> Fact:
    match event.data:
        case events.EpisodeOpened(therapist=therapist):
            return facts.EpisodeOpened(therapist)
        case events.SessionDelivered(breaches=breaches, adverse=adverse):
            return facts.SessionDelivered(bool(breaches), adverse)
        case events.ResponseNoted(adverse=adverse):
            return facts.ResponseNoted(adverse)
        case events.SharingConsented() as given:
            return facts.SharingConsented(
                given.consent, given.partner, frozenset(given.kinds), given.effective_from, given.until
            )
        case events.SharingWithdrawn(consent=consent, effective_from=since):
            return facts.SharingWithdrawn(consent, since)
        case data:
            return _BARE.get(type(data), facts.OfNoConcern())


_BARE: Mapping[type, Fact] = MappingProxyType(
    {
        events.PlanSet: facts.PlanSet(),
        events.PlanRefined: facts.PlanRefined(),
        events.RedFlagRaised: facts.RedFlagRaised(),
        events.EpisodeClosed: facts.EpisodeClosed(),
    }
)
