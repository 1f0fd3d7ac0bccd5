"""What is recorded late changes the judgement of sessions: each is judged by all that is known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from episodes.domain.breaches import Breach
from episodes.domain.care.rejudging import AT_ONCE, SessionJudged, SessionsRejudged
from episodes.domain.care.session_checks import SessionChecked, verdict_now
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.decision import Command
from episodes.domain.time import When
from episodes.domain.vocabulary import BY_FACT, decide
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    CONSENTED,
    FLAGGED,
    OPENED,
    PLANNED,
    READY,
    SWEDISH,
    a_check,
    a_consent,
    a_correction_of,
    a_flag,
    a_hold,
    a_retraction,
    a_session,
    an_addition_to,
    treated,
)
from tests.support.episodes.scenario import NOW, ZONE, Past, march, past
from tests.support.episodes.telling import NOW_FLAG, Told

SESSION = treated()


def judged(session: Past, *before: str, now: Sequence[str] = ()) -> SessionJudged:
    return SessionJudged(session=session.id, breaches=tuple(now), before=before)


def test_a_session_that_came_before_its_consent_and_plan_breaks_no_rule_once_they_are_there() -> None:
    told = Told(OPENED, BASELINE, CHECKED)
    told.tell(SESSION)
    assert told.broken(SESSION) == ["no-plan-in-force", "no-treatment-consent", "check-said-stop"]
    [first] = told.tell(CONSENTED)
    assert first == SessionsRejudged(
        because=CONSENTED.id,
        sessions=(
            judged(
                SESSION,
                *("no-plan-in-force", "no-treatment-consent", "check-said-stop"),
                now=("no-plan-in-force", "check-said-stop"),
            ),
        ),
    )
    [second] = told.tell(PLANNED)
    assert second.sessions == (judged(SESSION, "no-plan-in-force", "check-said-stop"),)
    assert told.broken(SESSION) == []
    told.agrees()


def test_a_session_is_judged_anew_by_all_that_it_said_of_its_length() -> None:
    long = past(
        a_session(march(3, 10), duration=None, techniques=(replace(SWEDISH, minutes=61),)), march(3, 10)
    )
    told = Told(OPENED, BASELINE)
    told.tell(long)
    told.tell(CONSENTED)
    assert told.broken(long) == ["no-plan-in-force", "no-session-check", "minutes-exceed-duration"]
    told.agrees()


@pytest.mark.whole_entries
def test_a_withdrawal_recorded_late_makes_a_breach_come_to_light() -> None:
    told = Told(*READY, CHECKED)
    told.tell(SESSION)
    withdrawn = past(TreatmentConsentWithdrawn(effective_from=march(3, 9)), march(4, 12))
    [anew] = told.tell(withdrawn, about=CONSENTED.id)
    assert anew.sessions == (judged(SESSION, now=("no-treatment-consent", "check-said-stop")),)
    check = told.episode.entry(CHECKED.id)
    assert check is not None
    assert (check.fact.verdict, verdict_now(told.episode, check)) == ("go", "stop")
    told.agrees()


@pytest.mark.parametrize(
    ("late", "rules"),
    [
        (past(a_flag(), march(3, 9)), ("open-red-flag", "check-said-stop")),
        (past(a_flag(), march(3, 9, 57)), ("open-red-flag",)),
        (past(a_flag(), march(3, 10)), ("open-red-flag",)),
        (past(a_flag(), date(2026, 3, 3)), ("open-red-flag", "check-said-stop")),
        (past(a_hold, march(3, 8)), ("episode-on-hold", "check-said-stop")),
        (past(a_flag(), march(3, 10, 1)), ()),
        (past(a_flag(holds_care=False), march(3, 9)), ()),
        (past(a_hold, march(3, 11)), ()),
    ],
)
def test_whatever_held_or_forbade_care_counts_from_its_own_time_on(
    late: Past, rules: tuple[str, ...]
) -> None:
    told = Told(*READY, CHECKED)
    told.tell(SESSION)
    anew = told.tell(late)
    assert [it.sessions for it in anew] == ([(judged(SESSION, now=rules),)] if rules else [])
    told.agrees()


def test_a_session_before_the_late_fact_is_judged_by_its_check_after_it() -> None:
    after = past(a_check, march(3, 10, 30))
    session = past(a_session(march(3, 10), check_id=after.id), march(3, 10))
    told = Told(*READY, after)
    told.tell(session)
    [anew] = told.tell(past(a_flag(), march(3, 10, 15)))
    assert anew.sessions == (
        judged(session, "check-after-start", now=("check-said-stop", "check-after-start")),
    )
    told.agrees()


def test_what_is_recorded_as_it_happens_judges_nothing_anew() -> None:
    told = Told(*READY, CHECKED)
    anew = [*told.tell(SESSION), *told.tell(past(a_flag(), march(4, 9))), *told.tell(past(a_hold, march(5)))]
    anew += told.tell(past(a_check, march(9, 9, 55)))
    assert anew == []


def test_one_of_a_check_twice_is_the_later_session_whichever_came_first() -> None:
    early, late = past(a_session(march(3, 10), check_id=CHECKED.id), march(3, 10)), treated_at(11)
    for first, second in permutations((early, late)):
        told = Told(*READY, CHECKED)
        told.tell(first)
        told.tell(second)
        assert (told.broken(early), told.broken(late)) == ([], ["check-used-before"])
        told.agrees()


def treated_at(hour: int) -> Past:
    return past(a_session(march(3, hour), check_id=CHECKED.id), march(3, hour))


def test_where_times_do_not_tell_which_was_later_both_used_the_check() -> None:
    of_the_day = replace(a_session(march(3, 10), check_id=CHECKED.id), start=None, end=None)
    whole_day = past(of_the_day, date(2026, 3, 3))
    told = Told(*READY, CHECKED)
    told.tell(SESSION)
    [anew] = told.tell(whole_day)
    assert anew.sessions == (judged(SESSION, now=("check-used-before",)),)
    assert told.broken(whole_day) == ["check-used-before"]
    told.agrees()


@pytest.mark.whole_entries
def test_an_addition_that_names_the_check_takes_the_breach_away() -> None:
    without_check = past(a_session(march(3, 10)), march(3, 10))
    told = Told(*READY, CHECKED)
    told.tell(without_check)
    assert told.broken(without_check) == ["no-session-check"]
    addition = past(an_addition_to("session-delivered.1", check_id=CHECKED.id), march(4, 9))
    [anew] = told.tell(addition, about=without_check.id)
    assert (anew.because, anew.sessions) == (addition.id, (judged(without_check, "no-session-check"),))
    assert told.broken(without_check) == []
    told.agrees()


@pytest.mark.whole_entries
def test_an_addition_that_reveals_a_breach_stores_it() -> None:
    short = past(a_session(march(3, 10), check_id=CHECKED.id, end=None, duration=None), march(3, 10))
    told = Told(*READY, CHECKED)
    told.tell(short)
    [anew] = told.tell(past(an_addition_to("session-delivered.1", duration=10), march(4)), about=short.id)
    assert anew.sessions == (judged(short, now=("minutes-exceed-duration",)),)
    told.agrees()


def test_what_amends_a_check_or_a_flag_judges_the_sessions_that_rested_on_it() -> None:
    told = Told(*READY, FLAGGED, CHECKED)
    told.tell(SESSION)
    assert told.broken(SESSION) == ["open-red-flag", "check-said-stop"]
    [anew] = told.tell(past(replace(a_retraction, of="red-flag-raised.1"), march(5)), about=FLAGGED.id)
    assert anew.sessions == (judged(SESSION, "open-red-flag", "check-said-stop"),)
    moved = a_correction_of("session-checked.1", a_check, happened_at=march(3, 10, 30))
    [anew] = told.tell(past(moved, march(6)), about=CHECKED.id)
    assert anew.sessions == (judged(SESSION, now=("check-after-start",)),)
    [anew] = told.tell(past(replace(a_retraction, of="session-checked.1"), march(7)), about=CHECKED.id)
    assert anew.sessions == (judged(SESSION, "check-after-start", now=("no-session-check",)),)
    told.agrees()


def test_who_explained_a_breach_that_stands_has_explained_it_still() -> None:
    said = Breach(rule="no-plan-in-force", explanation="the plan was on paper")
    told = Told(OPENED, BASELINE, CHECKED)
    told.tell(past(replace(SESSION.fact, breaches=(said,)), SESSION.when))
    told.tell(CONSENTED)
    assert [entry.fact.breaches[0] for entry in told.episode.of(SessionDelivered)] == [said]


def test_many_sessions_become_several_events() -> None:
    days = [treated(day=3, visit=past(number, march(3)).id) for number in range(AT_ONCE + 1)]
    told = Told(OPENED, BASELINE, PLANNED)
    for one in days:
        told.keep(one.fact, one.when, one.id)
    anew = told.tell(CONSENTED)
    assert [len(it.sessions) for it in anew] == [AT_ONCE, 1]
    told.agrees()


def test_all_sessions_are_judged_anew_where_an_operator_asks_for_it() -> None:
    stored = past(replace(SESSION.fact, breaches=(Breach(rule="no-session-check"),)), SESSION.when)
    told = Told(*READY, CHECKED, stored)
    command = Command(
        draft=SessionsRejudged(), when=When.of(NOW, "second", ZONE), now=NOW, event_ids=(NOW_FLAG,)
    )
    [anew] = decide(told.episode, command)
    assert anew.fact == SessionsRejudged(sessions=(judged(stored, "no-session-check"),))


def test_in_whatever_order_the_facts_of_a_day_arrive_the_judgements_are_the_same() -> None:
    flag, consent_of_the_day = past(a_flag(), march(3, 12)), past(a_consent(march(3, 9)), march(3, 9))
    second = treated_at(11)
    arriving = (consent_of_the_day, PLANNED, SESSION, second, flag)
    ends = []
    for order in permutations(arriving):
        told = Told(OPENED, BASELINE, CHECKED)
        for one in order:
            told.tell(one)
        told.agrees()
        ends.append((told.broken(SESSION), told.broken(second)))
    assert len(ends) == 120
    assert {(tuple(sorted(one)), tuple(sorted(two))) for one, two in ends} == {((), ("check-used-before",))}


def test_a_check_is_known_by_its_fact() -> None:
    assert BY_FACT[SessionChecked].judges
    assert not BY_FACT[SessionsRejudged].judges
    assert not BY_FACT[SessionsRejudged].offered
