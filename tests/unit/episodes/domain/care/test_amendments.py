"""Amending: the original stays, and the state is folded with the amended entry in its place."""

from dataclasses import replace
from uuid import UUID

import pytest

from episodes.domain.care.amendments import AmendmentRefused, EntryAttested
from episodes.domain.care.assessments import Assessed
from episodes.domain.care.openings import Responsibility
from episodes.domain.care.red_flags import RedFlagRaised, care_is_held
from episodes.domain.care.referrals import PartnerReported, involved
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import Command
from episodes.domain.vocabulary import decide
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    CLOSED,
    FLAGGED,
    OPENED,
    PLANNED,
    READY,
    a_baseline,
    a_check,
    a_correction_of,
    a_flag,
    a_flag_clearing,
    a_physician,
    a_referral,
    a_refinement,
    a_retraction,
    a_session,
    an_acceptance,
    an_addition_to,
    an_episode,
    judged,
    shared,
    treated,
)
from tests.support.episodes.scenario import (
    COLLEAGUE,
    NEXT,
    NOW,
    PARTNER,
    Outcome,
    Past,
    given,
    march,
    moment,
    past,
)

TREATED = treated()
HISTORY = (*READY, CHECKED, TREATED)
SESSION = "session-delivered.1"
REFERRED = past(a_referral(), march(12))
A_SHORTER_SESSION = a_session(march(3, 10), duration=50, check_id=CHECKED.id)


def amended(outcome: Outcome, *labels: str) -> Past:
    """The amendment as an event of the history after it."""
    return past(outcome.then_recorded(), NOW, *labels)


def corrected(draft: object, about: Past, *history: Past) -> Past:
    return amended(given(*history).when(draft, about=about.id))


def test_a_correction_takes_the_originals_place_and_the_original_stays_in_the_history() -> None:
    correction = corrected(a_correction_of(SESSION, A_SHORTER_SESSION), TREATED, *HISTORY)
    episode = given(*HISTORY, correction).episode
    sessions = list(episode.of(SessionDelivered))
    assert [session.fact.duration for session in sessions] == [50]
    assert sessions[0].metadata.event_id == TREATED.id
    assert episode.version == len(HISTORY) + 1


def test_a_correction_is_judged_by_the_rules_without_what_it_replaces() -> None:
    unchecked = a_correction_of(SESSION, a_session(march(3, 10)))
    breaches = given(*HISTORY).when(unchecked, about=TREATED.id).then_recorded().replacement.breaches
    assert [breach.rule for breach in breaches] == ["no-session-check"]
    same_check = a_correction_of(SESSION, A_SHORTER_SESSION)
    assert given(*HISTORY).when(same_check, about=TREATED.id).then_recorded().replacement.breaches == ()


def test_a_corrected_time_of_its_own_moves_the_entry() -> None:
    next_day = a_correction_of(SESSION, a_session(march(4, 10)), reason_code="wrong_time")
    correction = corrected(next_day, TREATED, *HISTORY)
    assert (correction.fact.happened_at, correction.fact.happened_precision) == (march(4, 10), "minute")
    episode = given(*HISTORY, correction).episode
    assert next(episode.of(SessionDelivered)).metadata.occurred_at == march(4, 10)
    for other in (march(3, 10), march(5, 10)):
        contradicting = replace(next_day, happened_at=other)
        given(*HISTORY).when(contradicting, about=TREATED.id).then_refused(
            "contradicting-times", "/happened_at"
        )


def test_a_time_that_only_the_envelope_has_may_be_corrected_too() -> None:
    earlier = a_correction_of("assessed.1", a_baseline, happened_at=march(1, 8), performed_by=COLLEAGUE)
    episode = given(*READY, corrected(earlier, BASELINE, *READY)).episode
    header = next(episode.of(Assessed)).metadata
    assert (header.occurred_at, header.performer) == (march(1, 8), COLLEAGUE)
    by_the_day = replace(earlier, happened_precision="day")
    header = next(given(*READY, corrected(by_the_day, BASELINE, *READY)).episode.of(Assessed)).metadata
    assert (header.occurred_at, header.precision) == (march(1), "day")
    tomorrow = replace(earlier, happened_at=NOW.replace(month=4, day=2))
    given(*READY).when(tomorrow, about=BASELINE.id).then_refused("from-the-future", "/happened_at")
    only_how_exactly = a_correction_of("assessed.1", a_baseline, happened_precision="day")
    refused = given(*READY).when(only_how_exactly, about=BASELINE.id)
    refused.then_refused("precision-without-a-time", "/happened_precision")


def test_a_correction_of_a_correction_points_at_the_original() -> None:
    first = corrected(a_correction_of(SESSION, A_SHORTER_SESSION), TREATED, *HISTORY)
    longer = a_correction_of(SESSION, replace(A_SHORTER_SESSION, duration=55))
    second = given(*HISTORY, first).when(longer, about=first.id).then_recorded()
    assert second.event == TREATED.id
    episode = given(*HISTORY, first, past(second, NOW)).episode
    assert [session.fact.duration for session in episode.of(SessionDelivered)] == [55]


def test_what_follows_from_an_entry_follows_from_its_correction() -> None:
    history = (*READY, FLAGGED)
    harmless = corrected(a_correction_of("red-flag-raised.1", a_flag(holds_care=False)), FLAGGED, *history)
    assert care_is_held(given(*history).episode, moment(march(3)))
    assert not care_is_held(given(*history, harmless).episode, moment(march(3)))


def test_a_check_corrected_to_stop_raises_the_flag_it_should_have_raised() -> None:
    stop = a_correction_of("session-checked.1", judged("stop"))
    facts = given(*READY, CHECKED).when(stop, about=CHECKED.id).facts
    assert [type(fact).__name__ for fact in facts] == ["EntryCorrected", "RedFlagRaised"]
    assert facts[0].replacement.verdict == "stop"


def test_a_stopping_check_corrected_raises_its_flag_no_second_time() -> None:
    check, found = past(a_check, march(3, 9, 55)), judged("stop", code="night_pain")
    stop = a_correction_of("session-checked.1", found)
    first, raised = given(*READY, check).when(stop, about=check.id).facts
    assert raised.source_event == check.id
    history = (*READY, check, past(first, NOW), past(raised, march(3, 9, 55)))
    reworded = a_correction_of("session-checked.1", judged("stop", code="night_pain", rationale="since May"))
    assert len(given(*history).when(reworded, about=check.id).facts) == 1
    another = a_correction_of("session-checked.1", judged("stop", code="weight_loss"))
    assert len(given(*history).when(another, about=check.id).facts) == 2


def test_a_flag_raised_by_a_correction_has_the_labels_of_the_check() -> None:
    check = past(a_check, march(3, 9, 55), "abuse")
    stop = a_correction_of("session-checked.1", judged("stop"))
    asked = Command(draft=stop, when=moment(NOW), now=NOW, event_ids=NEXT, about=check.id)
    decided = decide(given(*READY, check).episode, asked)
    assert [item.labels for item in decided] == [("abuse",), ("abuse",)]


def test_an_answer_to_a_referral_is_corrected_on_the_referral_it_answered() -> None:
    answer = past(replace(an_acceptance, referral_id=REFERRED.id, partner=PARTNER), march(13))
    history = (OPENED, REFERRED, answer)
    declined = a_correction_of("referral-answered.1", replace(an_acceptance, accepted=False))
    correction = corrected(declined, answer, *history)
    assert correction.fact.replacement.referral_id == REFERRED.id
    assert (correction.fact.of, correction.fact.partner) == ("referral-answered.1", PARTNER)
    assert not involved(given(*history, correction).episode, PARTNER, NOW)


def test_a_report_is_corrected_but_never_to_another_partner() -> None:
    report = past(PartnerReported(author=a_physician, partner=PARTNER), march(13))
    history = (OPENED, report)
    reworded = PartnerReported(author=a_physician, findings="less motion")
    of = "partner-reported.1"
    fact = given(*history).when(a_correction_of(of, reworded), about=report.id).then_recorded()
    assert fact.replacement.partner == PARTNER
    theirs = a_correction_of(of, replace(reworded, partner=COLLEAGUE))
    given(*history).when(theirs, about=report.id).then_refused(
        "report-of-another-partner", "/replacement/partner"
    )


@pytest.mark.whole_entries
def test_what_is_added_must_be_what_would_have_been_recorded() -> None:
    untimed = replace(a_session(march(3, 10)), start=None, end=None, duration=None)
    history = (*READY, CHECKED, past(untimed, march(3)))
    for added, rule, pointer in (
        ({"check_id": UUID(int=99)}, "unknown-event", "/added/check_id"),
        ({"start": march(4, 10)}, "contradicting-times", "/added/date_of_service"),
        ({"plan_version": 7}, "unknown-plan-version", "/added/plan_version"),
    ):
        draft = an_addition_to(SESSION, **added)
        given(*history).when(draft, about=history[-1].id).then_refused(rule, pointer)


@pytest.mark.whole_entries
def test_an_entry_that_names_what_was_retracted_since_may_still_be_added_to() -> None:
    gone = corrected(a_retraction, CHECKED, *HISTORY)
    more = an_addition_to(SESSION, position="prone")
    given(*HISTORY, gone).when(more, about=TREATED.id).then_recorded()


def test_an_opening_is_corrected_but_never_to_another_client() -> None:
    other = replace(an_episode, therapist=COLLEAGUE)
    episode = given(OPENED, corrected(a_correction_of("episode-opened.1", other), OPENED, OPENED)).episode
    assert [held.fact.therapist for held in episode.spans_of(Responsibility)] == [COLLEAGUE]
    stranger = a_correction_of("episode-opened.1", replace(an_episode, client=UUID(int=99)))
    given(OPENED).when(stranger, about=OPENED.id).then_refused("another-client", "/replacement/client")
    given(OPENED).when(a_retraction, about=OPENED.id).then_refused("corrected-not-retracted")


def test_a_correction_speaks_of_the_kind_it_corrects() -> None:
    wrong = a_correction_of("assessed.1", a_baseline)
    given(*HISTORY).when(wrong, about=TREATED.id).then_refused("entry-of-another-kind", "/of")


def test_an_amendment_that_names_no_kind_is_recorded_with_that_of_its_entry() -> None:
    retracted = given(*HISTORY).when(a_retraction, about=TREATED.id).then_recorded()
    assert (retracted.of, retracted.event) == (SESSION, TREATED.id)


def test_what_has_an_opposite_is_not_amended() -> None:
    consent = shared()
    given(*READY, consent).when(a_retraction, about=consent.id).then_refused("amended-by-its-opposite")
    given(*READY).when(a_retraction, about=PLANNED.id).then_refused("amended-by-its-opposite")


def test_a_retracted_entry_counts_no_more() -> None:
    history = (*READY, FLAGGED)
    gone = corrected(a_retraction, FLAGGED, *history)
    episode = given(*history, gone).episode
    assert not list(episode.of(RedFlagRaised))
    assert not care_is_held(episode, moment(march(3)))
    for draft in (a_retraction, a_flag_clearing):
        outcome = given(*history, gone).when(draft, about=FLAGGED.id)
        assert outcome.refusal is not None
    given(*READY, CHECKED, TREATED, corrected(a_retraction, TREATED, *HISTORY)).when(
        a_session(march(3, 10), check_id=CHECKED.id)
    ).then_breaches()


def test_an_entry_cited_as_evidence_is_corrected_not_retracted() -> None:
    refined = past(a_refinement("clinical", evidence=(TREATED.id,), plan_version=2), march(5))
    given(*HISTORY, refined).when(a_retraction, about=TREATED.id).then_refused("cited-as-evidence")
    given(*HISTORY, refined).when(
        a_correction_of(SESSION, A_SHORTER_SESSION), about=TREATED.id
    ).then_recorded()


def test_an_entry_cited_by_its_correction_is_not_retracted_either() -> None:
    correction = corrected(a_correction_of(SESSION, A_SHORTER_SESSION), TREATED, *HISTORY)
    refined = past(a_refinement("clinical", evidence=(correction.id,), plan_version=2), march(31, 18))
    given(*HISTORY, correction, refined).when(a_retraction, about=TREATED.id).then_refused(
        "cited-as-evidence"
    )


@pytest.mark.whole_entries
def test_an_addition_fills_what_was_left_out_and_changes_nothing_else() -> None:
    more = an_addition_to(SESSION, position="prone", declined=("the feet",))
    session = next(given(*HISTORY, corrected(more, TREATED, *HISTORY)).episode.of(SessionDelivered)).fact
    assert (session.position, session.declined, session.duration) == ("prone", ("the feet",), 60)
    given(*HISTORY).when(an_addition_to(SESSION, duration=50), about=TREATED.id).then_refused(
        "already-stated", "/added/duration"
    )
    given(*HISTORY).when(an_addition_to(SESSION), about=TREATED.id).then_refused(
        "addition-adds-nothing", "/added"
    )


def test_an_amendment_has_the_labels_of_its_entry_and_may_add_some() -> None:
    labelled = past(a_baseline, march(2, 10), "abuse")
    draft = a_correction_of("assessed.1", replace(a_baseline, symptoms="worse at night"))
    correction = amended(given(OPENED, labelled).when(draft, about=labelled.id), "mental_health")
    entry = next(given(OPENED, labelled, correction).episode.of(Assessed))
    assert set(entry.labels) == {"abuse", "mental_health"}


def test_attesting_and_refusing_an_amendment_name_entries_that_are_there() -> None:
    attesting = EntryAttested(events=(TREATED.id, UUID(int=99)), by=COLLEAGUE)
    given(*HISTORY).when(attesting).then_refused("unknown-event", "/events/1")
    given(*HISTORY).when(replace(attesting, events=(TREATED.id,))).then_recorded()
    refusing = AmendmentRefused(reason="it is accurate")
    given(*HISTORY).when(refusing, about=UUID(int=99)).then_refused("unknown-event")
    given(*HISTORY).when(refusing, about=TREATED.id).then(replace(refusing, event=TREATED.id))
    labelled = past(a_baseline, march(2, 10), "abuse")
    asked = Command(draft=refusing, when=moment(NOW), now=NOW, event_ids=NEXT, about=labelled.id)
    assert [item.labels for item in decide(given(OPENED, labelled).episode, asked)] == [("abuse",)]


def test_a_check_given_again_as_a_correction_says_what_it_would_have_said() -> None:
    unplanned = given(*READY[:3], past(a_check, march(2, 10, 30)))
    check = past(a_check, march(2, 10, 30))
    verdict = unplanned.when(a_correction_of("session-checked.1", a_check), about=check.id).then_recorded()
    assert verdict.replacement.verdict == "stop"


def test_a_correction_moves_nothing_into_the_time_after_the_closing() -> None:
    moved = a_correction_of(SESSION, a_session(march(21, 10)))
    given(*HISTORY, CLOSED).when(moved, about=TREATED.id).then_refused(
        "episode-closed", "/replacement/date_of_service"
    )
    just_then = a_correction_of(SESSION, a_session(march(20, 17)))
    for allowed in (just_then, a_correction_of(SESSION, A_SHORTER_SESSION)):
        given(*HISTORY, CLOSED).when(allowed, about=TREATED.id).then_recorded()
