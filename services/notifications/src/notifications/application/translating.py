"""From the published language to the facts of our domain."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from contracts import events
from contracts.envelope import PublishedEvent, Unreadable
from notifications.domain import facts
from notifications.domain.facts import Fact, Happened


def translate(event: PublishedEvent) -> Happened[Fact]:
    """Raises `Unreadable` when a time has no offset: it could not be compared."""
    return Happened(_fact(event), event.clinic, event.sequence, event.recordedat, event.origin)


def _fact(event: PublishedEvent) -> Fact:
    match event.data:
        case events.EpisodeOpened(therapist=therapist):
            return facts.EpisodeOpened(therapist)
        case events.SessionDelivered(breaches=breaches, adverse=adverse):
            return facts.SessionDelivered(bool(breaches), adverse)
        case events.ResponseNoted(adverse=adverse):
            return facts.ResponseNoted(adverse)
        case events.SharingConsented() | events.SharingWithdrawn() as sharing:
            return _sharing(sharing)
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


def _sharing(data: events.SharingConsented | events.SharingWithdrawn) -> Fact:
    since = _aware(data.effective_from)
    if isinstance(data, events.SharingWithdrawn):
        return facts.SharingWithdrawn(data.consent, since)
    until = None if data.until is None else _aware(data.until)
    return facts.SharingConsented(data.consent, data.partner, frozenset(data.kinds), since, until)


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise Unreadable("a time has no offset")
    return moment
