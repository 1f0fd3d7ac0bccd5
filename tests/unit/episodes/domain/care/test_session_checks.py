"""The session check: what can be prevented is prevented here."""

from dataclasses import replace
from datetime import date

import pytest

from episodes.domain.care.red_flags import RedFlagRaised
from episodes.domain.care.session_checks import SessionChecked, verdict_now
from episodes.domain.values import Limits
from tests.support.episodes.care_facts import (
    BACK,
    BASELINE,
    CONSENTED,
    FLAGGED,
    OPENED,
    READY,
    a_check,
    a_clearance,
    a_correction_of,
    a_flag,
    a_retraction,
    a_session,
    an_addition_to,
    judged,
)
from tests.support.episodes.scenario import NEXT, Past, given, march, past
from tests.support.episodes.telling import Told

TODAY = march(3, 9, 55)
DRAFT = replace(a_check, verdict="stop")


def test_with_consent_and_plan_and_nothing_found_the_check_says_go() -> None:
    given(*READY).when(DRAFT, TODAY).then_verdict("go")


def test_without_treatment_consent_the_check_says_stop() -> None:
    given(OPENED, BASELINE, READY[-1]).when(DRAFT, TODAY).then_verdict("stop", "no-treatment-consent")


def test_without_a_plan_the_check_says_stop() -> None:
    given(OPENED, CONSENTED, BASELINE).when(DRAFT, TODAY).then_verdict("stop", "no-plan-in-force")


def test_with_neither_both_reasons_are_named() -> None:
    given(OPENED).when(DRAFT, TODAY).then_verdict("stop", "no-treatment-consent", "no-plan-in-force")


def test_an_open_flag_that_holds_care_says_stop() -> None:
    given(*READY, FLAGGED).when(DRAFT, TODAY).then_verdict("stop", "open-red-flag")


def test_a_flag_that_holds_no_care_does_not_stop() -> None:
    harmless = past(a_flag(holds_care=False), march(2, 12))
    given(*READY, harmless).when(DRAFT, TODAY).then_verdict("go")


def test_a_flag_raised_after_the_check_does_not_stop_it() -> None:
    later = past(a_flag(), march(3, 10))
    given(*READY, later).when(DRAFT, TODAY).then_verdict("go")


def test_a_judgement_with_limits_lets_go_with_limits() -> None:
    outcome = given(*READY).when(judged("proceed_with_limits"), TODAY)
    outcome.then_verdict("go_with_limits", "judged-proceed-with-limits")
    limited = replace(DRAFT, limits=Limits(pressure=2))
    given(*READY).when(limited, TODAY).then_verdict("go_with_limits", "judged-proceed-with-limits")


def test_what_is_present_and_nobody_judged_says_stop_and_raises_no_flag() -> None:
    outcome = given(*READY).when(judged(None), TODAY)
    outcome.then_verdict("stop", "present-not-judged")
    assert len(outcome.facts) == 1
    for answer in ("absent", "unknown", "not_asked"):
        given(*READY).when(judged(None, answer=answer), TODAY).then_verdict("go")


def resting_on(clearance: Past) -> SessionChecked:
    return judged("proceed_with_limits", clearance_id=clearance.id)


@pytest.mark.parametrize(("until", "verdict"), [(None, "go"), (3, "go"), (2, "stop")])
def test_a_clearance_holds_until_its_last_day(until: int | None, verdict: str) -> None:
    last = None if until is None else date(2026, 3, until)
    cleared = past(replace(a_clearance, valid_until=last), march(2, 12))
    outcome = given(*READY, cleared).when(resting_on(cleared), TODAY)
    if verdict == "stop":
        outcome.then_verdict("stop", "clearance-not-in-force", "judged-proceed-with-limits")
    else:
        outcome.then_verdict("go_with_limits", "judged-proceed-with-limits")


def test_a_check_on_a_clearance_that_is_retracted_afterwards_would_say_stop() -> None:
    cleared = past(a_clearance, march(2, 12))
    told = Told(*READY, cleared)
    check = past(resting_on(cleared), TODAY)
    told.tell(check)
    session = past(a_session(march(3, 10), check_id=check.id), march(3, 10))
    told.tell(session)
    assert told.broken(session) == []
    told.tell(past(replace(a_retraction, of="clearance-recorded.1"), march(5)), about=cleared.id)
    assert told.broken(session) == ["check-said-stop"]
    told.agrees()


@pytest.mark.whole_entries
def test_a_check_that_is_added_to_is_decided_again() -> None:
    told = Told(*READY)
    check = past(judged("proceed"), TODAY)
    told.tell(check)
    told.tell(past(an_addition_to("session-checked.1", limits=Limits(pressure=2)), march(4)), about=check.id)
    entry = told.episode.entry(check.id)
    assert entry is not None
    assert (entry.fact.verdict, verdict_now(told.episode, entry)) == ("go", "go_with_limits")


def test_a_check_that_states_the_judgement_afterwards_is_decided_again() -> None:
    told = Told(*READY)
    check = past(judged(None), TODAY)
    told.tell(check)
    session = past(a_session(march(3, 10), check_id=check.id), march(3, 10))
    told.tell(session)
    assert told.broken(session) == ["check-said-stop"]
    told.tell(past(a_correction_of("session-checked.1", judged("proceed")), march(4)), about=check.id)
    assert told.broken(session) == []
    told.agrees()


def test_a_judgement_to_refer_and_proceed_lets_go() -> None:
    given(*READY).when(judged("refer_and_proceed"), TODAY).then_verdict("go")


def test_a_judgement_to_stop_says_stop_and_raises_the_flag_that_holds_care() -> None:
    outcome = given(*READY).when(judged("stop", code="suspected_thrombosis"), TODAY)
    outcome.then_verdict("stop", "judged-stop")
    _, flag = outcome.facts
    assert isinstance(flag, RedFlagRaised)
    assert (flag.code.code, flag.source, flag.source_event) == (
        "suspected_thrombosis",
        "session_check",
        NEXT[0],
    )
    assert (flag.holds_care, flag.sites, flag.urgency) == (True, (BACK,), "urgent")
    assert flag.code.list == "red-flags/1"


def test_a_stopping_item_that_is_no_flag_of_the_list_raises_a_stopping_screening() -> None:
    _, flag = given(*READY).when(judged("stop", code="burn"), TODAY).facts
    assert flag.code.code == "stopping_screening"


def test_another_stopping_item_is_flagged_in_its_own_words() -> None:
    _, flag = given(*READY).when(judged("stop", code="other", text="fresh tattoo"), TODAY).facts
    assert (flag.code.code, flag.code.text) == ("other", "fresh tattoo")


def test_a_stop_for_want_of_consent_raises_no_flag() -> None:
    outcome = given(OPENED, BASELINE, READY[-1]).when(DRAFT, TODAY)
    assert [type(fact) for fact in outcome.facts] == [SessionChecked]


def test_consent_that_ended_yesterday_stops_today() -> None:
    ended = replace(CONSENTED.fact, expires_on=march(2).date())
    history = given(OPENED, past(ended, march(2, 9, 30)), BASELINE, READY[-1])
    history.when(DRAFT, march(2, 23, 59)).then_verdict("go")
    history.when(DRAFT, march(3)).then_verdict("stop", "no-treatment-consent")
