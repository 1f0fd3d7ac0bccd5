"""What a batch decides and would write, without a store."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from episodes.domain.care.amendments import EntryAttested
from episodes.domain.care.assessments import Assessed
from episodes.domain.care.referrals import PartnerReported
from episodes.domain.care.sharing_consents import EverySharingWithdrawn
from episodes.domain.care.transfers import ResponsibilityTransferred
from episodes.domain.refusals import NotAllowed
from episodes.errors import KeyReused, Moved, NotThere, ReferenceKnown, TooLarge
from episodes.event_log.codec import DataKey, decode
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.stored_form import Damaged
from episodes.http.entity_tags import Expected
from episodes.recording import batch as batches
from episodes.recording.answers import LONG_BYTES, LONG_EVENTS
from episodes.recording.batch import decide_batch
from episodes.recording.commands import CommandRequest
from episodes.recording.store import StoredReceipt
from tests.support.episodes.batches import (
    KEY,
    NEW_KEY,
    a_batch,
    an_episode_of,
    answered,
    command,
    facts,
    outcome,
    refused,
    seen_as,
    told_of,
)
from tests.support.episodes.care_facts import (
    BASELINE,
    OPENED,
    READY,
    a_baseline,
    a_flag,
    a_physician,
    a_sharing_consent,
    a_transfer,
    an_episode,
    shared,
)
from tests.support.episodes.scenario import (
    CLIENT,
    CLINIC,
    COLLEAGUE,
    EPISODE,
    NETWORK,
    NOW,
    OTHER_CLINIC,
    PARTNER,
    SUBJECT,
    THERAPIST,
    march,
)

FIRST_EVENT, NEW_EPISODE = UUID(int=1_000), UUID(int=2_000)
_BODY = f'{{"events":[{{"id":"{FIRST_EVENT}"}}],"episode":{{"id":"{EPISODE}","version":2}}}}'.encode()
A_WITHDRAWAL = EverySharingWithdrawn(partner=PARTNER, by="client")


def test_an_opening_is_written_with_its_key_its_client_and_its_receipt() -> None:
    batch = a_batch(told_of(key=None))
    asked = command(an_episode, reference=b"chart 7")
    told = answered(batch, asked)
    assert (told.episode, told.version, told.event, told.replayed) == (NEW_EPISODE, 1, FIRST_EVENT, False)
    place = (NETWORK, CLIENT)
    assert facts(batch, NEW_KEY) == [(NEW_EPISODE, 1, an_episode)]
    assert batch.write_set.openings == [(*place, NEW_EPISODE, CLINIC, NOW)]
    assert batch.write_set.keys == {place: (NEW_KEY.id, f"{NETWORK} {CLIENT.int} wrapped".encode())}
    assert batch.write_set.receipts == {asked.key: StoredReceipt(asked.mac(None), told.body, asked.asked_as)}
    assert batch.write_set.references == {(NETWORK, b"chart 7"): (NEW_EPISODE, FIRST_EVENT)}
    assert batch.size == len(batch.write_set.events[0].state)


def test_what_a_batch_will_write_is_known_to_its_later_commands() -> None:
    known = told_of(key=None)
    batch = a_batch(known)
    first = answered(batch, command(an_episode, reference=b"chart 7"))
    again = answered(batch, command(an_episode, reference=b"chart 7"))
    assert again == replace(first, replayed=True)
    assert known.keys == {(NETWORK, CLIENT): NEW_KEY}
    assert known.of_clients == {(NETWORK, CLIENT): [NEW_EPISODE]}
    assert known.episodes[NEW_EPISODE].weight == batch.size
    told = outcome(batch, command(a_baseline, NEW_EPISODE, id=UUID(int=501), reference=b"chart 7"))
    assert isinstance(told, ReferenceKnown)
    assert (told.episode, told.event) == (NEW_EPISODE, FIRST_EVENT)
    before = batch.size
    answered(batch, command(a_baseline, NEW_EPISODE, id=UUID(int=502)))
    assert [(it, version) for it, version, _ in facts(batch, NEW_KEY)] == [(NEW_EPISODE, 1), (NEW_EPISODE, 2)]
    assert batch.size > before
    assert known.episodes[NEW_EPISODE].weight == batch.size


def test_another_request_under_the_same_key_is_refused() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    answered(batch, command(a_baseline, EPISODE))
    told = outcome(batch, command(Assessed(stage="exit"), EPISODE))
    assert isinstance(told, KeyReused)


def test_a_repeat_is_answered_only_where_its_caller_could_have_recorded_it() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED), an_episode_of(OPENED, shared(), id=50)))
    elsewhere = seen_as("service", OTHER_CLINIC)
    for asked in (
        command(a_baseline, EPISODE),
        command(an_episode, id=UUID(int=501)),
        command(A_WITHDRAWAL, id=UUID(int=502)),
    ):
        told = answered(batch, asked)
        assert answered(batch, asked) == replace(told, replayed=True)
        assert isinstance(outcome(batch, replace(asked, caller=elsewhere)), NotThere)


def test_whose_clinic_had_the_episode_before_may_repeat() -> None:
    """The sender of a transfer gets its answer, although the episode is another clinic's now."""
    batch = a_batch(told_of(an_episode_of(OPENED)))
    asked = command(a_transfer(clinic=OTHER_CLINIC), EPISODE, caller=seen_as("coordinator", CLINIC))
    told = answered(batch, asked)
    assert answered(batch, asked) == replace(told, replayed=True)
    assert isinstance(
        outcome(batch, command(a_baseline, EPISODE, caller=asked.caller, id=UUID(int=9))), NotThere
    )
    assert isinstance(facts(batch)[0][2], ResponsibilityTransferred)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (command(a_baseline, UUID(int=77)), NotThere),
        (command(a_baseline, EPISODE, caller=seen_as("service", network="east")), NotThere),
        (command(a_baseline, EPISODE, caller=seen_as("therapist", OTHER_CLINIC)), NotThere),
        (command(A_WITHDRAWAL, caller=seen_as("therapist", OTHER_CLINIC)), NotThere),
        (command(A_WITHDRAWAL, client=UUID(int=78)), NotThere),
        (command(a_baseline, EPISODE, caller=seen_as("partner", organisation=PARTNER)), NotThere),
        (command(a_baseline, EPISODE, if_match=Expected(frozenset({2}))), Moved),
    ],
)
def test_what_is_not_there_not_ones_own_or_moved_is_not_decided(
    asked: CommandRequest, refusal: type[Exception]
) -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    told = outcome(batch, asked)
    assert type(told) is refusal
    assert not batch.write_set.events
    assert not isinstance(told, Moved) or told.version == 1


@pytest.mark.parametrize(
    ("asked", "rule", "pointer"),
    [
        (command(an_episode, clinic=UUID(int=79)), "unknown-clinic", "/clinic"),
        (command(an_episode, caller=seen_as("therapist", OTHER_CLINIC)), "unknown-clinic", "/clinic"),
        (command(replace(an_episode, client=UUID(int=80))), "unknown-client", "/client"),
        (command(a_baseline, EPISODE, said={"performer": UUID(int=81)}), "unknown-staff", "/performer"),
        (command(a_sharing_consent(partner=UUID(int=82)), EPISODE), "unknown-partner", "/partner"),
        (command(a_baseline, EPISODE, said={"precision": "day"}), "precision-without-a-time", "/precision"),
        (
            command(EntryAttested(events=(BASELINE.id,), by=THERAPIST), EPISODE),
            "attested-without-a-licence",
            "/by",
        ),
        (
            command(A_WITHDRAWAL),
            "no-consent-to-withdraw",
            "/partner",
        ),
    ],
)
def test_a_refusal_names_its_rule_and_its_place_and_writes_nothing(
    asked: CommandRequest, rule: str, pointer: str
) -> None:
    assert refused(a_batch(told_of(an_episode_of(OPENED, BASELINE))), asked) == (rule, pointer)


def test_only_a_service_imports() -> None:
    asked = command(a_baseline, EPISODE, said={"origin": "imported"}, caller=seen_as("therapist", CLINIC))
    told = outcome(a_batch(told_of(an_episode_of(OPENED))), asked)
    assert isinstance(told, NotAllowed)
    assert (told.rule, told.pointer) == ("imported-by-a-service-only", "/origin")


def test_somebody_with_a_licence_vouches() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED, BASELINE)))
    answered(batch, command(EntryAttested(events=(BASELINE.id,), by=COLLEAGUE), EPISODE))


def test_the_time_is_the_one_stated_else_now() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    answered(batch, command(a_baseline, EPISODE))
    answered(batch, command(a_baseline, EPISODE, id=UUID(int=501), said={"occurred_at": march(5, 10)}))
    day = {"occurred_at": march(6, 10), "precision": "day"}
    answered(batch, command(a_baseline, EPISODE, id=UUID(int=502), said=day))
    headers = [decode(event, {KEY.id: KEY}).metadata for event in batch.write_set.events]
    assert [(it.occurred_at, it.precision) for it in headers] == [
        (NOW, "second"),
        (march(5, 10), "second"),
        (march(6), "day"),
    ]
    assert [it.origin for it in headers] == ["live", "late", "late"]


@pytest.mark.parametrize(("seconds", "warned"), [(-1, False), (0, False), (1, True)])
def test_a_time_ahead_of_our_clock_is_marked(seconds: int, warned: bool) -> None:
    said = {"occurred_at": NOW + timedelta(seconds=seconds)}
    told = answered(a_batch(told_of(an_episode_of(OPENED))), command(a_baseline, EPISODE, said=said))
    marked = [{"rule": "ahead-of-our-clock", "pointer": "/occurred_at"}]
    assert json.loads(told.body)["warnings"] == (marked if warned else [])


@pytest.mark.parametrize(
    ("version", "weight", "warned"),
    [
        (LONG_EVENTS - 1, 0, False),
        (LONG_EVENTS, 0, True),
        (1, LONG_BYTES - 100, True),
        (1, LONG_BYTES // 2, False),
    ],
)
def test_staff_are_told_that_an_episode_has_grown_long_and_how_to_continue_it(
    version: int, weight: int, warned: bool
) -> None:
    episode = an_episode_of(OPENED, version=version)
    told = told_of(episode)
    told.episodes[episode.id] = CachedEpisode(episode, weight)
    warnings = json.loads(answered(a_batch(told), command(a_baseline, episode)).body)["warnings"]
    assert [one["rule"] for one in warnings] == ["long-episode"] * warned
    assert all("`continues`" in one["detail"] for one in warnings)


def test_a_partner_is_not_told_so() -> None:
    episode = an_episode_of(OPENED, shared(kinds=("referrals",)), version=LONG_EVENTS)
    report = PartnerReported(author=a_physician, findings="less motion")
    caller = seen_as("partner", organisation=PARTNER)
    told = answered(a_batch(told_of(episode)), command(report, episode, caller=caller))
    assert json.loads(told.body)["warnings"] == []


def test_an_erased_client_is_not_written_of() -> None:
    episode = an_episode_of(OPENED)
    erased = told_of(episode, key=DataKey(KEY.id, None))
    assert refused(a_batch(erased), command(a_baseline, episode)) == ("client-erased", "")


def test_a_key_that_is_not_found_is_damage_which_holds_up_its_episode_alone() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED), key=None))
    assert isinstance(outcome(batch, command(a_baseline, EPISODE)), Damaged)
    assert not batch.write_set.events


def test_a_damaged_episode_is_decided_by_nobody_and_its_neighbours_are() -> None:
    known = told_of(an_episode_of(OPENED))
    damaged = UUID(int=404)
    known.unreadable[damaged] = Damaged("bits have flipped")
    batch = a_batch(known)
    assert outcome(batch, command(a_baseline, damaged)) is known.unreadable[damaged]
    answered(batch, command(a_baseline, EPISODE, id=UUID(int=501)))


@pytest.mark.parametrize("whole", [True, False])
def test_what_follows_a_state_that_is_not_whole_is_not_whole_either(whole: bool) -> None:
    known = told_of(an_episode_of(OPENED))
    known.episodes[EPISODE] = replace(known.episodes[EPISODE], whole=whole)
    batch = a_batch(known)
    answered(batch, command(a_baseline, EPISODE))
    assert batch.read_set.episodes[EPISODE].whole is whole


def test_who_the_client_is_to_a_partner_is_drawn_once_and_kept_with_what_needs_it() -> None:
    known = told_of(an_episode_of(OPENED))
    batch = a_batch(known)
    assert outcome(batch, command(a_sharing_consent(until=march(1)), EPISODE)).rule
    assert not batch.write_set.subjects, "a refused consent leaves nothing"
    for number in (501, 502):
        answered(batch, command(a_sharing_consent(), EPISODE, id=UUID(int=number)))
    place = (NETWORK, CLIENT, PARTNER)
    drawn = batch.write_set.subjects[place]
    assert batch.write_set.subjects == known.subjects == {place: drawn}
    assert [fact.subject for _, _, fact in facts(batch)] == [drawn, drawn]


def test_who_the_client_is_to_a_partner_stays_what_it_was() -> None:
    known = told_of(an_episode_of(OPENED))
    known.subjects[NETWORK, CLIENT, PARTNER] = SUBJECT
    batch = a_batch(known)
    answered(batch, command(a_sharing_consent(), EPISODE))
    assert facts(batch)[0][2].subject == SUBJECT
    assert not batch.write_set.subjects


def test_what_does_not_fit_is_left_for_the_next_transaction_unchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    episodes = an_episode_of(OPENED), an_episode_of(OPENED, shared(), id=50)
    asked = [
        command(a_baseline, episodes[0], id=UUID(int=501)),
        command(a_flag(), episodes[0], id=UUID(int=502)),
        command(A_WITHDRAWAL, id=UUID(int=503)),
    ]
    roomy = a_batch(told_of(*episodes))
    sizes = [roomy.size for it in asked if roomy.add(it)]
    for place, most in ((1, sizes[1] - 1), (2, sizes[2] - 1)):
        monkeypatch.setattr(batches, "MAX_BYTES", most)
        batch = a_batch(told_of(*episodes))
        assert decide_batch(batch, asked) == asked[place:]
        assert (len(batch.outcomes), batch.size) == (place, sizes[place - 1])
        assert len(batch.write_set.receipts) == place
    monkeypatch.setattr(batches, "MAX_BYTES", sizes[2])
    assert decide_batch(a_batch(told_of(*episodes)), asked) == []
    monkeypatch.setattr(batches, "MAX_BYTES", 1)
    batch = a_batch(told_of(*episodes))
    assert decide_batch(batch, asked[:2]) == asked[1:2], "the first always fits"


def test_a_transaction_has_so_many_commands_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_COMMANDS", 2)
    episode = an_episode_of(*READY)
    asked = [command(a_baseline, episode, id=UUID(int=number)) for number in range(501, 504)]
    batch = a_batch(told_of(episode))
    assert decide_batch(batch, asked) == asked[2:]
    assert [it for it, _ in batch.outcomes] == asked[:2]


def test_an_event_over_its_limit_is_refused_alone() -> None:
    episode = an_episode_of(OPENED)
    batch = a_batch(told_of(episode))
    large = replace(a_baseline, symptoms="sore " * 40_000)
    assert isinstance(outcome(batch, command(large, episode)), TooLarge)
    answered(batch, command(a_baseline, episode, id=UUID(int=501)))
    assert [fact for _, _, fact in facts(batch)] == [a_baseline]


def test_a_repeat_is_of_the_same_role_and_organisation_if_its_receipt_says_which() -> None:
    asked = command(a_baseline, EPISODE)
    assert asked.asked_as == "service"
    for kept, same in (
        ("service", True),
        ("", True),
        ("supervisor", False),
        (f"service of {PARTNER}", False),
    ):
        batch = a_batch(told_of(an_episode_of(OPENED)))
        batch.read_set.receipts[asked.key] = StoredReceipt(asked.mac(None), _BODY, kept)
        if same:
            assert answered(batch, asked).body == _BODY
        else:
            assert isinstance(outcome(batch, asked), KeyReused)


def test_a_request_is_compared_with_the_key_of_its_receipt() -> None:
    """Which may be an older one than that of today."""
    batch = a_batch(told_of(an_episode_of(OPENED)))
    asked = replace(command(a_baseline, EPISODE), mac=lambda older: older or b"of today")
    batch.read_set.receipts[asked.key] = StoredReceipt(b"of then", _BODY)
    assert answered(batch, asked).body == _BODY
