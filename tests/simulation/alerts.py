"""What must hold of alerts: of every breach that stands the clinic is alerted, and of no other."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import EntryCorrected
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


def an_event_alerts_once_of_what_it_brought_to_light(world: World) -> None:
    events = {entry.metadata.event_id: entry for entry in world.log.entries}
    for event, item in _alerts(world):
        brought = list(_brought_to_light(events[event]))
        assert len(brought) == len(set(brought))
        assert item.told_of == set(brought)


INVARIANTS: tuple[Callable[[World], None], ...] = (
    what_proved_false_is_taken_back,
    of_every_breach_that_stands_an_alert_stands,
    an_event_alerts_once_of_what_it_brought_to_light,
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
