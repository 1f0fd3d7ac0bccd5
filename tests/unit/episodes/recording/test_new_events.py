"""What a recorded event says of the command it came from, and the episode rebuilt from its bytes."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from episodes.domain.care.referrals import PartnerReported
from episodes.domain.deciding import for_deciding
from episodes.domain.event import EventMetadata
from episodes.domain.vocabulary import evolve_all
from episodes.errors import NotThere, TooLarge
from episodes.event_log.codec import Annotations, DataKey, SourceRef, decode, encode
from episodes.event_log.folding import CachedEpisode, fold, folded
from episodes.event_log.stored_form import FromLaterRelease
from episodes.recording import new_events
from tests.support.episodes.batches import (
    KEY,
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
    CHECKED,
    OPENED,
    READY,
    a_baseline,
    a_consent,
    a_correction_of,
    a_physician,
    a_referral,
    a_retraction,
    a_session,
    an_acceptance,
    an_addition_to,
    judged,
    shared,
)
from tests.support.episodes.scenario import (
    CLINIC,
    COLLEAGUE,
    EPISODE,
    NOW,
    PARTNER,
    SUBJECT,
    THERAPIST,
    march,
    past,
    recorded,
    replayed,
)

KEYS = {KEY.id: KEY}
REFERRED = past(a_referral(subject=SUBJECT), march(12))
A_PARTNER = seen_as("partner", organisation=PARTNER)


def headers(draft: Any, *history: Any, **more: Any) -> list[EventMetadata]:
    batch = a_batch(told_of(an_episode_of(*history)))
    answered(batch, command(draft, EPISODE, **more))
    return [decode(event, KEYS).metadata for event in batch.write_set.events]


def test_an_envelope_says_by_whom_for_whom_and_why() -> None:
    said = {"performer": COLLEAGUE, "on_behalf_of": PARTNER, "purpose": "import"}
    (header,) = headers(a_baseline, OPENED, said=said)
    assert (header.performer, header.on_behalf_of, header.purpose) == (COLLEAGUE, PARTNER, "import")
    assert (header.actor.id, header.command_id, header.correlation_id) == (
        THERAPIST,
        UUID(int=500),
        UUID(int=600),
    )
    assert (header.clinic, header.version, header.key_id) == (CLINIC, 2, KEY.id)


def test_labels_are_those_said_and_those_of_what_it_is_about_each_once() -> None:
    labelled = replace(BASELINE, labels=("abuse", "mental_health"))
    better = a_correction_of("assessed.1", a_baseline)
    said = {"labels": ("sexual_health", "abuse")}
    batch = a_batch(told_of(an_episode_of(OPENED, labelled)))
    answered(batch, command(better, EPISODE, about=BASELINE.id, said=said))
    answered(batch, command(a_baseline, EPISODE, id=UUID(int=501), said=said))
    corrected, plain = (decode(event, KEYS) for event in batch.write_set.events)
    assert corrected.labels == ("sexual_health", "abuse", "mental_health")
    assert plain.labels == ("sexual_health", "abuse")
    assert corrected.fact.event == BASELINE.id
    episode = batch.read_set.episodes[EPISODE].episode
    assert episode.entry(plain.metadata.event_id) == for_deciding(plain)


class Glass:
    """A seal one can see through."""

    def encrypt(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        return data


def test_an_id_of_the_callers_own_stays_with_the_first_event_alone() -> None:
    seen_through: Any = Glass()
    batch = a_batch(told_of(an_episode_of(*READY), key=DataKey(KEY.id, seen_through)))
    said = {"source_ref": SourceRef(system="old-emr", value="7")}
    answered(batch, command(judged("stop", code="suspected_fracture"), EPISODE, said=said))
    assert [b"old-emr" in event.state for event in batch.write_set.events] == [True, False]


def test_published_events_alone_are_counted_by_sequence() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED, sequence=1)))
    answered(batch, command(a_consent(march(3)), EPISODE))
    answered(batch, command(a_baseline, EPISODE, id=UUID(int=501)))
    entries = [decode(event, KEYS).metadata for event in batch.write_set.events]
    assert [(it.version, it.sequence) for it in entries] == [(2, None), (3, 2)]


@pytest.mark.parametrize(
    ("at", "said", "origin"),
    [
        (NOW - timedelta(hours=24), {}, "live"),
        (NOW - timedelta(hours=24, seconds=1), {}, "late"),
        (NOW - timedelta(days=9), {"origin": "imported"}, "imported"),
    ],
)
def test_more_than_a_day_after_is_late_unless_imported(
    at: datetime, said: dict[str, Any], origin: str
) -> None:
    (header,) = headers(a_baseline, OPENED, said={"occurred_at": at, **said})
    assert header.origin == origin


def test_an_amendment_is_corrected_before_it_is_anything_else() -> None:
    better = a_correction_of("assessed.1", a_baseline)
    for amendment in (better, an_addition_to("assessed.1", history="a fall"), a_retraction):
        (header,) = headers(amendment, OPENED, BASELINE, about=BASELINE.id, said={"origin": "imported"})
        assert header.origin == "corrected"


def test_a_check_corrected_to_stop_is_recorded_with_the_flag_it_raises() -> None:
    stop = a_correction_of("session-checked.1", judged("stop", code="suspected_fracture"))
    correction, flag = headers(stop, *READY, CHECKED, about=CHECKED.id)
    assert (correction.type, flag.type) == ("entry-corrected.1", "red-flag-raised.1")
    assert correction.event_id != flag.event_id


def test_what_is_imported_is_judged_and_not_refused() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    assert refused(batch, command(a_referral(), EPISODE)) == ("referral-needs-consent", "/partner")
    said = {"origin": "imported", "occurred_at": march(5)}
    answered(batch, command(a_referral(), EPISODE, id=UUID(int=501), said=said))
    assert [it.rule for it in facts(batch)[0][2].breaches] == ["referral-needs-consent"]


def test_a_fact_with_a_time_of_its_own_happened_then_and_contradicts_no_other() -> None:
    session = a_session(march(5, 10), check_id=CHECKED.id)
    history = (*READY, CHECKED)
    (header,) = headers(session, *history)
    assert (header.occurred_at, header.precision) == (march(5, 10), "minute")
    (header,) = headers(session, *history, said={"occurred_at": march(5), "precision": "day"})
    assert (header.occurred_at, header.precision) == (march(5), "day")
    for other in (march(5, 9), march(5, 11)):
        batch = a_batch(told_of(an_episode_of(*history)))
        asked = command(session, EPISODE, said={"occurred_at": other})
        assert refused(batch, asked) == ("contradicting-times", "/occurred_at")
    whole_day = replace(session, start=None, end=None, date_of_service=date(2026, 3, 6))
    (header,) = headers(whole_day, *history)
    assert (header.occurred_at, header.precision) == (march(6), "day")


def test_a_partner_answers_and_reports_for_itself_and_is_not_told_the_status() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED, shared(kinds=("referrals",)), REFERRED)))
    told = answered(batch, command(an_acceptance, EPISODE, caller=A_PARTNER, about=REFERRED.id))
    assert json.loads(told.body)["episode"] == {"id": str(EPISODE), "version": 4}
    report = PartnerReported(author=a_physician, findings="less motion")
    answered(batch, command(report, EPISODE, caller=A_PARTNER, id=UUID(int=501)))
    assert [fact.partner for _, _, fact in facts(batch)] == [PARTNER, PARTNER]
    by_staff = answered(batch, command(a_baseline, EPISODE, id=UUID(int=502)))
    assert json.loads(by_staff.body)["episode"]["status"] == "open"
    outsider = seen_as("partner", organisation=UUID(int=66))
    asked = command(report, EPISODE, caller=outsider, id=UUID(int=503))
    assert isinstance(outcome(batch, asked), NotThere)


def test_an_answer_tells_of_each_event_its_id_type_version_and_times() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    told = answered(batch, command(a_baseline, EPISODE, said={"occurred_at": march(30)}))
    (event,) = json.loads(told.body)["events"]
    occurred, recorded = (datetime.fromisoformat(event.pop(name)) for name in ("occurred_at", "recorded_at"))
    assert (occurred, recorded) == (march(30), NOW)
    assert event == {"id": str(UUID(int=1_000)), "type": "assessed.1", "version": 2}


def test_an_episode_is_rebuilt_from_its_bytes_on_what_was_cached() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    for number in (501, 502):
        answered(batch, command(a_baseline, EPISODE, id=UUID(int=number)))
    events = batch.write_set.events
    before = CachedEpisode(an_episode_of(OPENED), 1_000)
    after = folded(before, events, KEYS)
    assert after is not None
    assert replace(after, row=b"") == batch.read_set.episodes[EPISODE]
    assert after == CachedEpisode(
        batch.read_set.episodes[EPISODE].episode,
        1_000 + sum(len(event.state) for event in events),
        row=sha256(events[-1].state).digest(),
    )
    assert folded(before, [], KEYS) is before
    assert folded(None, [], KEYS) is None
    assert fold([]) is None


def test_an_amendment_comes_back_with_the_parts_it_holds_as_they_were() -> None:
    session = past(a_session(march(5, 10), check_id=CHECKED.id), march(5, 10))
    batch = a_batch(told_of(an_episode_of(*READY, CHECKED, session)))
    addition = an_addition_to("session-delivered.1", chaperone=COLLEAGUE, position="prone")
    answered(batch, command(addition, EPISODE, about=session.id))
    assert facts(batch)[0][2].added == {"chaperone": COLLEAGUE, "position": "prone"}
    events = [decode(event, KEYS) for event in batch.write_set.events]
    completed = evolve_all(replayed((session,)), events).entry(session.id)
    assert completed is not None
    assert (completed.fact.chaperone, completed.fact.position) == (COLLEAGUE, "prone")


@pytest.mark.parametrize(
    "draft", [an_addition_to("sung.1", tune="C"), a_correction_of("sung.1", {"tune": "C"})]
)
def test_an_amendment_of_a_kind_of_a_later_release_stays_shut(draft: Any) -> None:
    amendment = past(draft, march(6))
    header = recorded(amendment, 2).metadata
    event = encode(header, draft, Annotations(), KEY, bytes(12))
    with pytest.raises(FromLaterRelease):
        decode(event, KEYS)


def test_an_event_may_be_as_large_as_it_may_and_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    answered(batch, command(a_baseline, EPISODE))
    monkeypatch.setattr(new_events, "MAX_BYTES_OF_EVENT", batch.size)
    answered(a_batch(told_of(an_episode_of(OPENED))), command(a_baseline, EPISODE))
    monkeypatch.setattr(new_events, "MAX_BYTES_OF_EVENT", batch.size - 1)
    too_large = outcome(a_batch(told_of(an_episode_of(OPENED))), command(a_baseline, EPISODE))
    assert isinstance(too_large, TooLarge)
