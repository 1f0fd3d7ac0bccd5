"""A client ends all sharing with one partner, in every episode, all or nothing; without a store."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from episodes.domain.care.sharing_consents import EverySharingWithdrawn, SharingWithdrawn
from episodes.errors import TooLarge
from episodes.recording import batch as batches
from tests.support.episodes.batches import (
    a_batch,
    an_episode_of,
    answered,
    command,
    facts,
    outcome,
    refused,
    told_of,
)
from tests.support.episodes.care_facts import (
    OPENED,
    shared,
)
from tests.support.episodes.scenario import (
    EPISODE,
    NETWORK,
    NOW,
    OTHER_CLINIC,
    PARTNER,
)

FIRST_EVENT = UUID(int=1_000)
A_WITHDRAWAL = EverySharingWithdrawn(partner=PARTNER, by="client")


def test_all_sharing_with_a_partner_ends_in_every_episode_that_shares() -> None:
    sharing, twice = (OPENED, shared()), (OPENED, shared(), shared(kinds=("plans",)))
    episodes = [
        an_episode_of(*sharing),
        an_episode_of(OPENED, id=50),
        an_episode_of(*twice, id=51, clinic=OTHER_CLINIC),
    ]
    batch = a_batch(told_of(*episodes))
    told = answered(batch, command(A_WITHDRAWAL, reference=b"letter 3"))
    written = facts(batch)
    assert [(episode, version) for episode, version, _ in written] == [
        (EPISODE, 3),
        (UUID(int=51), 4),
        (UUID(int=51), 5),
    ]
    consents = [shared().id, shared().id, shared(kinds=("plans",)).id]
    assert [fact for _, _, fact in written] == [
        SharingWithdrawn(consent_id=consent, partner=PARTNER, effective_from=NOW, by="client")
        for consent in consents
    ]
    body = json.loads(told.body)
    assert [event["version"] for event in body["events"]] == [3, 4, 5]
    assert [event["id"] for event in body["events"]] == [str(UUID(int=1_000 + number)) for number in range(3)]
    assert body["episodes"] == [
        {"id": str(EPISODE), "version": 3, "status": "open"},
        {"id": str(UUID(int=51)), "version": 5, "status": "open"},
    ]
    assert body["warnings"] == []
    assert (told.episode, told.version, told.event) == (EPISODE, None, FIRST_EVENT)
    assert batch.write_set.references == {(NETWORK, b"letter 3"): (EPISODE, FIRST_EVENT)}
    assert batch.size == sum(len(event.state) for event in batch.write_set.events)
    weights = [batch.read_set.episodes[it.id].weight - 1_000 for it in (episodes[0], episodes[2])]
    assert sum(weights) == batch.size
    assert answered(batch, command(A_WITHDRAWAL, reference=b"letter 3")) == replace(told, replayed=True)


def test_sharing_ends_in_all_episodes_from_when_it_is_said_to_and_not_before_now() -> None:
    later, earlier = NOW + timedelta(days=3), NOW - timedelta(days=3)
    for said, effective in ((later, later), (earlier, NOW)):
        batch = a_batch(told_of(an_episode_of(OPENED, shared())))
        answered(batch, command(replace(A_WITHDRAWAL, effective_from=said, partner_asked_to_erase=True)))
        ((_, _, fact),) = facts(batch)
        assert (fact.effective_from, fact.partner_asked_to_erase) == (effective, True)


def test_a_consent_that_ends_anyway_before_is_not_withdrawn_everywhere() -> None:
    ending = shared(until=NOW)
    batch = a_batch(told_of(an_episode_of(OPENED, ending)))
    assert refused(batch, command(A_WITHDRAWAL)) == ("no-consent-to-withdraw", "/partner")
    batch = a_batch(told_of(an_episode_of(OPENED, shared(until=NOW + timedelta(seconds=1)))))
    answered(batch, command(A_WITHDRAWAL))


def test_withdrawing_everywhere_is_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    episodes = [an_episode_of(OPENED, shared(), id=number) for number in (50, 51)]
    first = a_batch(told_of(*episodes))
    answered(first, command(A_WITHDRAWAL))
    monkeypatch.setattr(batches, "MAX_BYTES", first.size)
    answered(a_batch(told_of(*episodes)), command(A_WITHDRAWAL))
    monkeypatch.setattr(batches, "MAX_BYTES", first.size - 1)
    batch = a_batch(told_of(*episodes))
    assert isinstance(outcome(batch, command(A_WITHDRAWAL)), TooLarge)
    assert not batch.write_set.events
