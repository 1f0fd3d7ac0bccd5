"""Events of an episode in any order: each has its effect in its turn, and what is critical has it at once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import CloudEvent
from notifications.reacting.gaps import Gap
from notifications.reacting.messages import FeedMessage
from notifications.reacting.owed import InboxOwed, WebhookOwed
from notifications.reacting.react import react
from tests.support.notifications.ledger_in_memory import LedgerInMemory
from tests.support.notifications.published_events import Care, documents, id_of

CARE = Care()
PARTNER, OTHER, CONSENT = uuid4(), uuid4(), uuid4()
HISTORY = (
    CARE.opened(referring_partner=PARTNER),
    CARE.shared_with(PARTNER, "sessions", "plans", "opening", consent=CONSENT),
    CARE.session("no_consent"),
    CARE.shared_with(OTHER),
    CARE.plan(),
    CARE.transferred(uuid4(), uuid4()),
    CARE.referral_answered(PARTNER),
    CARE.session(origin="imported"),
    CARE.withdrawn(CONSENT, PARTNER),
    CARE.session(adverse=True),
    CARE.red_flag(),
    CARE.closed(),
)


def taken(*events: CloudEvent, into: LedgerInMemory | None = None) -> LedgerInMemory:
    ledger = into or LedgerInMemory()

    async def take() -> None:
        for document in documents(events):
            await react(ledger, FeedMessage("demo", "here", document))

    asyncio.run(take())
    return ledger


def critical(ledger: LedgerInMemory) -> set[tuple[UUID, str]]:
    return {
        (event, owed.concern)
        for event, owed in ledger.owed
        if isinstance(owed, InboxOwed) and owed.severity == "critical"
    }


IN_ORDER = taken(*HISTORY)


@given(st.permutations(HISTORY), st.lists(st.sampled_from(HISTORY), max_size=5))
def test_any_order_of_arrival_ends_in_the_same_knowledge_and_the_same_things_owed(
    arriving: Sequence[CloudEvent], again: Sequence[CloudEvent]
) -> None:
    ledger = taken(*arriving, *again)
    assert ledger.known == IN_ORDER.known
    assert Counter(ledger.owed) == Counter(IN_ORDER.owed)
    assert not ledger.held
    assert not ledger.gaps
    assert not ledger.repeated


@given(st.permutations(HISTORY), st.integers(0, len(HISTORY)))
def test_what_is_critical_is_owed_when_it_arrives_and_nothing_else_before_its_turn(
    arriving: Sequence[CloudEvent], count: int
) -> None:
    arrived = arriving[:count]
    ledger = taken(*arrived)
    ids = {id_of(it) for it in arrived}
    assert critical(ledger) == {it for it in critical(IN_ORDER) if it[0] in ids}
    numbers = {int(it.attributes["publishednumber"]) for it in arrived}
    reached = next(n for n in range(len(HISTORY) + 1) if n + 1 not in numbers)
    whose_turn_it_was = {id_of(it) for it in HISTORY[:reached]}
    assert {event for event, owed in ledger.owed if isinstance(owed, WebhookOwed)} <= whose_turn_it_was
    assert ledger.seen_events == whose_turn_it_was
    assert len(ledger.held) == len(ids - whose_turn_it_was)


def test_a_gap_says_from_where_to_where_events_are_missing() -> None:
    ledger = taken(HISTORY[0], HISTORY[4], HISTORY[2])
    assert ledger.gaps == {CARE.episode: Gap(1, 5)}
    taken(HISTORY[1], into=ledger)
    assert ledger.gaps == {CARE.episode: Gap(3, 5)}


def test_what_a_process_of_the_release_before_went_past_is_taken_in_order() -> None:
    """It knows nothing of what is held, and goes on with the last event."""
    ledger = taken(HISTORY[0], HISTORY[5])
    ledger.seen_events.add(id_of(HISTORY[6]))
    ledger.known[CARE.episode] = replace(ledger.known[CARE.episode], sequence=7)
    taken(*HISTORY[7:], into=ledger)
    assert len(ledger.held) == 1
    taken(*HISTORY[1:5], into=ledger)
    assert not ledger.held
    assert not ledger.gaps
    assert not ledger.repeated
    assert ledger.seen_events == IN_ORDER.seen_events


@pytest.mark.parametrize("place", [3, 12])
def test_another_event_of_a_number_that_was_taken_takes_effect_and_is_an_alarm(place: int) -> None:
    ledger = taken(*HISTORY[:11])
    again = replace(CARE, sequence=place - 1).red_flag()
    taken(again, into=ledger)
    assert ledger.repeated == ([id_of(again)] if place < 12 else [])
    assert (id_of(again), "red_flag_raised") in critical(ledger)


def test_two_events_of_one_number_do_not_stay_held() -> None:
    twin = replace(CARE, sequence=2).red_flag()
    ledger = taken(HISTORY[2], twin, HISTORY[1], HISTORY[0])
    assert not ledger.held
    assert ledger.repeated
