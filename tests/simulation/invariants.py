"""What must hold when the faults are over, whatever they were. Each is judged from what is recorded and seen
at the edges alone, by rules of its own where that is possible.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

from episodes.domain.care.sharing_consents import SharingConsented, SharingWithdrawn
from episodes.domain.vocabulary import kind_of
from episodes.event_log.folding import folded
from episodes.publishing.mapping import published_name
from notifications.delivering.courier import DECISION_SERVES_SECONDS
from notifications.delivering.schedule import DELAYS, SPREAD
from notifications.reacting.knowledge import Knowledge, learn
from notifications.reacting.owed import AmendmentOwed, InboxOwed, OpeningOwed, Owed, WebhookOwed
from notifications.reacting.policies import decide
from notifications.reacting.react import understand
from tests.simulation import alerts, arrivals
from tests.simulation.partners import MAX_ANSWER, Post
from tests.simulation.world import World

STALE = DECISION_SERVES_SECONDS + MAX_ANSWER
"""Seconds before an attempt of which the decision may tell: how old it may be, and how long it travelled."""


def every_acknowledged_command_is_recorded_once(world: World) -> None:
    """One command may record events of several kinds, as a check that raises a flag."""
    recorded = Counter((entry.metadata.command_id, entry.metadata.type) for entry in world.log.entries)
    assert set(recorded.values()) <= {1}, "a command is recorded twice"
    assert world.clinic.answered.keys() <= {key for key, _ in recorded}, "an acknowledged command is lost"


def a_refused_command_leaves_nothing(world: World) -> None:
    """Unless an earlier call of it, that had no answer, was accepted after it was refused."""
    recorded = {entry.metadata.command_id for entry in world.log.entries}
    assert recorded.isdisjoint(world.clinic.refused.keys() - world.clinic.in_doubt)


def the_same_key_has_the_same_answer(world: World) -> None:
    assert all(len(set(bodies)) == 1 for bodies in world.clinic.answered.values())


def versions_and_sequences_have_no_gap(world: World) -> None:
    versions: dict[UUID, list[int]] = defaultdict(list)
    sequences: dict[UUID, list[int]] = defaultdict(list)
    for entry in world.log.entries:
        versions[entry.metadata.episode_id].append(entry.metadata.version)
        if entry.metadata.sequence is not None:
            sequences[entry.metadata.episode_id].append(entry.metadata.sequence)
    for counted in (*versions.values(), *sequences.values()):
        assert counted == list(range(1, len(counted) + 1))


def what_is_cached_is_what_is_recorded(world: World) -> None:
    for cache in (api.cache for api in world.apis):
        for episode, cached in cache.items():
            events = world.log.events[episode][: cached.episode.version]
            read = folded(None, events, world.keys)
            assert read is not None
            assert cached == replace(read, row=cached.row), "of its own events a process knows no row"


def every_published_event_reaches_the_topic_in_order(world: World) -> None:
    """First publications; copies may follow. Nothing is published that is not recorded."""
    expected: dict[UUID, list[UUID]] = defaultdict(list)
    for entry in world.log.entries:
        if published_name(entry.metadata.type) is not None:
            expected[entry.metadata.episode_id].append(entry.metadata.event_id)
    found: dict[UUID, dict[UUID, None]] = defaultdict(dict)
    for partition in world.broker.topic:
        for message in partition:
            event, episode = message.hints()
            assert event is not None, "every record has an id"
            assert episode is not None, "every record has a key"
            found[episode].setdefault(event)
    assert {episode: list(events) for episode, events in found.items()} == expected


def the_position_never_goes_back(world: World) -> None:
    assert world.log.moves == sorted(world.log.moves)


def effects_are_exactly_once(world: World) -> None:
    """What the policies owe for the events in order, each once: no more, and no less. What is taken back is
    told of by `alerts`.
    """
    inbox: Counter[tuple[UUID, str]] = Counter()
    partners: dict[UUID, list[UUID]] = defaultdict(list)
    amended: dict[UUID, list[UUID]] = defaultdict(list)
    for event, owed in _owed(world):
        match owed:
            case InboxOwed():
                inbox[event, owed.concern] += 1
            case AmendmentOwed():
                amended[owed.entry].append(event)
            case WebhookOwed() | OpeningOwed():
                partners[owed.partner].append(event)
    tables = world.database.tables
    assert Counter(key for key in tables.inbox if key[1] != "breach_taken_back") == inbox
    assert not tables.parked
    assert not tables.held, "what is held is never taken"
    assert not tables.repeated, "a number is taken for another event's"
    for identifier, subscription in tables.subscriptions.items():
        mine = {it.due.event_id: it for (owner, _), it in tables.deliveries.items() if owner == identifier}
        told = [it.due.event_id for (owner, _), it in tables.deliveries.items() if owner == identifier]
        assert len(told) == len(mine), "an event is owed twice"
        asked = set(partners[subscription.partner])
        sent = {one for one in asked if one in mine and mine[one].state != "withheld"}
        assert asked | _of(amended, sent) <= set(told) <= asked | _of(amended, asked)


def _of(amended: Mapping[UUID, Sequence[UUID]], entries: Collection[UUID]) -> set[UUID]:
    """The amendments of these entries. Of one that was withheld they are owed if they came before that."""
    return {event for entry in entries for event in amended.get(entry, ())}


def numbers_have_no_gap(world: World) -> None:
    tables = world.database.tables
    for identifier, subscription in tables.subscriptions.items():
        numbers = sorted(number for owner, number in tables.deliveries if owner == identifier)
        assert numbers == list(range(1, subscription.last_number + 1))


def no_attempt_begins_without_consent(world: World) -> None:
    """A decision serves for two seconds from its answer; before that it travels, and what ended before was
    known to it. No clock of ours has a say in that."""
    kinds = {
        entry.metadata.event_id: (entry.metadata.episode_id, kind_of(entry.fact))
        for entry in world.log.entries
    }
    for post in world.endpoints.posts:
        episode, kind = kinds[post.event]
        assert kind is not None
        assert _consented(world, post, episode, kind), f"{post} had no consent"


def no_attempt_begins_on_an_old_decision(world: World) -> None:
    for post in world.endpoints.posts:
        answers = [at for at in world.disclosure.arrived[post.event, post.partner] if at <= post.began]
        assert answers, f"{post} was not asked for"
        assert post.began - answers[-1] <= DECISION_SERVES_SECONDS, f"{post} rests on an old decision"


def retries_follow_the_schedule(world: World) -> None:
    """Every attempt waits at least what its place in the schedule says, and there are no more than it has."""
    for delivery in world.database.tables.deliveries.values():
        recorded = delivery.recorded
        assert len(recorded) <= len(DELAYS)
        for place, (before, after) in enumerate(pairwise(recorded), start=1):
            least = DELAYS[place] * (1 - SPREAD)
            assert before.gone or after.began - before.began >= least.total_seconds(), "tried again too soon"
        assert delivery.state != "failed" or len(recorded) == len(DELAYS)


def what_is_over_is_not_tried_again(world: World) -> None:
    """A delivery may be tried twice if its record was lost or its lease ran out, with the same id then; but
    nobody takes it up once it is over."""
    assert not world.outbox.taken_again
    ids: dict[tuple[UUID, int], set[str]] = defaultdict(set)
    for post in world.endpoints.posts:
        ids[post.subscription, post.number].add(post.message_id)
    assert all(len(it) == 1 for it in ids.values())
    assert len({next(iter(it)) for it in ids.values()}) == len(ids)


INVARIANTS: tuple[Callable[[World], None], ...] = (
    every_acknowledged_command_is_recorded_once,
    a_refused_command_leaves_nothing,
    the_same_key_has_the_same_answer,
    versions_and_sequences_have_no_gap,
    what_is_cached_is_what_is_recorded,
    every_published_event_reaches_the_topic_in_order,
    the_position_never_goes_back,
    effects_are_exactly_once,
    numbers_have_no_gap,
    no_attempt_begins_without_consent,
    no_attempt_begins_on_an_old_decision,
    retries_follow_the_schedule,
    what_is_over_is_not_tried_again,
    *arrivals.INVARIANTS,
    *alerts.INVARIANTS,
)
"""`World.run` adds the last one: nothing waits for ever."""


def check(world: World) -> None:
    for invariant in INVARIANTS:
        invariant(world)


def _owed(world: World) -> Iterator[tuple[UUID, Owed]]:
    """By event, each message taken once, in the order of the topic."""
    known: dict[UUID, Knowledge] = defaultdict(Knowledge)
    openings: dict[UUID, UUID] = {}
    seen: set[UUID] = set()
    for partition in world.broker.topic:
        for message in partition:
            if message.hints()[0] in seen:
                continue
            event = understand(message)
            seen.add(event.id)
            openings.setdefault(event.episode, event.id)
            known[event.episode] = learn(known[event.episode], event)
            for owed in decide(event, known[event.episode]):
                yield openings[event.episode] if isinstance(owed, OpeningOwed) else event.id, owed


def _consented(world: World, post: Post, episode: UUID, kind: str) -> bool:
    """Whether a consent to it was recorded before the attempt, and not withdrawn long before it."""
    given, withdrawn = set(), set()
    for entry, at in zip(world.log.entries, world.log.committed_at, strict=True):
        fact = entry.fact
        if entry.metadata.episode_id != episode:
            continue
        if isinstance(fact, SharingWithdrawn) and at < post.began - STALE:
            withdrawn.add(fact.consent_id)
        concerns = isinstance(fact, SharingConsented) and fact.partner == post.partner and kind in fact.kinds
        if concerns and at < post.began:
            given.add(entry.metadata.event_id)
    return bool(given - withdrawn)
