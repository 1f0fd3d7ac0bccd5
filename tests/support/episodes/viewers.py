"""Episodes as seen by staff, a former clinic or a partner."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from episodes.access import Caller
from episodes.domain.breaches import Breach
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.vocabulary import BY_FACT, evolve_all
from episodes.reading import documents
from episodes.visibility import Viewer, viewer
from tests.support.episodes.batches import seen_as
from tests.support.episodes.care_facts import (
    a_correction_of,
    a_retraction,
    a_transfer,
    an_addition_to,
)
from tests.support.episodes.scenario import (
    CLINIC,
    NOW,
    OTHER_CLINIC,
    PARTNER,
    Past,
    march,
    past,
    recorded,
    replayed,
)

STAFF = seen_as("therapist", CLINIC)
OTHERS = seen_as("therapist", OTHER_CLINIC)
THE_PARTNER = seen_as("partner", organisation=PARTNER)
BROKEN = Breach(rule="no-plan-in-force")
TRANSFERRED = past(a_transfer(clinic=OTHER_CLINIC), march(10, 12))
ENVELOPE_FOR_PARTNERS = {
    *("event_id", "type", "episode_id", "version", "sequence", "clinic", "origin"),
    *("client_ref", "subject"),
    *("occurred_at", "precision", "zone", "recorded_at"),
}


def entries_of(*history: Past) -> list[RecordedEvent[Any]]:
    return [recorded(it, version, version) for version, it in enumerate(history, 1)]


def episode_of(*history: Past) -> Episode:
    return evolve_all(replayed(()), entries_of(*history))


def seen(caller: Caller, *history: Past, at: datetime = NOW) -> tuple[Viewer, list[RecordedEvent[Any]]]:
    entries = entries_of(*history)
    return viewer(episode_of(*history), entries, caller, at), entries


def state(caller: Caller, *history: Past) -> documents.Document:
    return documents.state(seen(caller, *history)[0], replayed(history))


def event(caller: Caller, place: int, *history: Past) -> documents.Document:
    """The entry at that place of the history."""
    look, entries = seen(caller, *history)
    return documents.event(look, entries[place])


def retracted(of: Past, at: datetime = NOW) -> Past:
    return past(replace(a_retraction, event=of.id, of=BY_FACT[type(of.fact)].name), at)


def corrected(of: Past, name: str, replacement: Any) -> Past:
    return past(a_correction_of(name, replacement, event=of.id), march(12))


def added(to: Past, name: str, **parts: Any) -> Past:
    return past(replace(an_addition_to(name, **parts), event=to.id), march(12))
