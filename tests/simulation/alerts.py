"""What must hold of alerts: of every breach that stands the clinic is alerted, and of no other."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import EntryCorrected, EntryRetracted
from episodes.domain.care.rejudging import SessionsRejudged
from episodes.domain.care.sessions import SessionDelivered
from episodes.event_log.folding import fold
from tests.simulation.arrivals import judged
from tests.simulation.reactions import Item
from tests.simulation.world import World

BROKEN, TAKEN_BACK = "rule_of_care_broken", "breach_taken_back"


def of_every_breach_that_stands_an_alert_stands(world: World) -> None:
    alerted = {session for _, item in _alerts(world) if not item.taken_back_by for session in item.sessions}
    assert _broken(world) <= alerted, "a breach of which nobody is alerted"


def what_proved_false_is_taken_back(world: World) -> None:
    """By the event that showed it, which came after that which alerted; and whom it was for is told."""
    numbers = {entry.metadata.event_id: entry.metadata.sequence for entry in world.log.entries}
    for _, item in _alerts(world):
        assert item.sessions <= _broken(world), "an alert that proved false stands"
        assert bool(item.sessions) is not bool(item.taken_back_by)
        if item.taken_back_by is not None:
            shown = numbers[item.taken_back_by]
            assert shown is not None, "nobody heard of a private event"
            assert item.number < shown, "it was taken back before it was told"
    told = {event for event, concern in world.database.tables.inbox if concern == TAKEN_BACK}
    assert {item.taken_back_by for _, item in _alerts(world) if item.taken_back_by} <= told


def every_alert_tells_what_the_log_tells(world: World) -> None:
    """Of which sessions an event alerted, each once; which of them broke a rule all the time since; and by
    which event the last of the others was taken back: whatever was broken again later.
    """
    expected: dict[UUID, Item] = {}
    for entry in world.log.entries:
        brought = list(_brought_to_light(entry))
        assert len(brought) == len(set(brought)), "one event tells twice of a session"
        header, cleared = entry.metadata, set(_cleared(entry))
        for event, item in expected.items():
            if item.sessions & cleared:
                left = item.sessions - cleared
                expected[event] = replace(
                    item, sessions=left, taken_back_by=None if left else header.event_id
                )
        if brought:
            assert header.sequence is not None, "nobody hears of a private event"
            told = frozenset(brought)
            expected[header.event_id] = Item(header.episode_id, header.sequence, told, told)
    assert dict(_alerts(world)) == expected


INVARIANTS: tuple[Callable[[World], None], ...] = (
    what_proved_false_is_taken_back,
    of_every_breach_that_stands_an_alert_stands,
    every_alert_tells_what_the_log_tells,
)


def _alerts(world: World) -> Iterator[tuple[UUID, Item]]:
    for (event, concern), item in world.database.tables.inbox.items():
        if concern == BROKEN:
            yield event, item


def _broken(world: World) -> set[UUID]:
    """The sessions that broke a rule, by the judgement that counts."""
    episodes = {entry.metadata.episode_id for entry in world.log.entries}
    states = [fold([it for it in world.log.entries if it.metadata.episode_id == one]) for one in episodes]
    return {session for state in states for session, rules in judged(state).items() if rules}


def _brought_to_light(entry: Any) -> Iterator[UUID]:
    """The sessions of which this event first tells that they broke a rule."""
    fact = entry.fact
    match fact:
        case SessionsRejudged():
            yield from (one.session for one in fact.sessions if not set(one.breaches) <= set(one.before))
        case SessionDelivered() if fact.breaches:
            yield entry.metadata.event_id
        case EntryCorrected(replacement=SessionDelivered()) if fact.replacement.breaches:
            assert fact.event is not None
            yield fact.event


def _cleared(entry: Any) -> Iterator[UUID]:
    """The sessions, or other entries, that by this event broke no rule after all."""
    fact = entry.fact
    match fact:
        case SessionsRejudged():
            yield from (one.session for one in fact.sessions if not one.breaches)
        case EntryRetracted(event=UUID() as event):
            yield event
        case EntryCorrected(event=UUID() as event) if not getattr(fact.replacement, "breaches", False):
            yield event
