"""What a draft names must be in the episode, as what the field asks for, and once in a list."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from episodes.domain.care.amendments import EntryAttested
from episodes.domain.care.closures import EpisodeClosed, GoalOutcome
from episodes.domain.care.plans import Goal
from episodes.domain.care.referrals import PartnerReported
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.sessions import Participant
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    CONSENTED,
    OPENED,
    PLANNED,
    READY,
    a_correction_of,
    a_physician,
    a_plan,
    a_refinement,
    a_session,
    an_addition_to,
    treated,
)
from tests.support.episodes.scenario import COLLEAGUE, PARTNER, THERAPIST, given, march, past

NOBODY = UUID(int=999)
SESSION = treated()
TREATED = given(*READY, CHECKED, SESSION)
AT_TEN = a_session(march(4, 10))
TWO_GOALS = past(replace(a_plan, goals=(Goal(id="sit"), Goal(id="sleep"))), march(2, 10))
SET = given(OPENED, CONSENTED, BASELINE, TWO_GOALS)


def closing(*goals: str) -> EpisodeClosed:
    return EpisodeClosed(reason="other", outcomes=tuple(GoalOutcome(goal=goal) for goal in goals))


@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.parametrize("strange", [NOBODY, BASELINE.id])
@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        (lambda named: replace(AT_TEN, check_id=named), "/check_id"),
        (lambda named: ResponseNoted(session=named), "/session"),
        (
            lambda named: PartnerReported(partner=PARTNER, referral=named, author=a_physician),
            "/referral",
        ),
    ],
)
def test_an_event_of_no_or_another_kind_is_refused_also_in_an_import(
    draft: Any, pointer: str, strange: UUID, imported: bool
) -> None:
    TREATED.when(draft(strange), imported=imported).then_refused("unknown-event", pointer)


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        (EntryAttested(events=(SESSION.id, CHECKED.id, SESSION.id), by=THERAPIST), "/events/2"),
        (a_refinement(based_on=(BASELINE.id, BASELINE.id)), "/based_on/1"),
        (a_refinement(evidence=(BASELINE.id, BASELINE.id)), "/evidence/1"),
        (a_refinement(goals=(Goal(id="sit"), Goal(id="sleep"), Goal(id="sit"))), "/goals/2/id"),
        (
            replace(
                AT_TEN,
                participants=tuple(
                    Participant(id=COLLEAGUE, role=role) for role in ("student", "interpreter")
                ),
            ),
            "/participants/1/id",
        ),
    ],
)
def test_what_a_list_names_twice_is_refused_at_the_second_place(draft: Any, pointer: str) -> None:
    TREATED.when(draft).then_refused("named-twice", pointer)


def test_two_lists_may_name_the_same() -> None:
    TREATED.when(a_refinement(based_on=(BASELINE.id,), evidence=(BASELINE.id,))).then_recorded()


def test_an_outcome_is_of_a_goal_of_any_plan_and_there_is_one_for_each() -> None:
    SET.when(closing("sit", "sleep")).then_recorded()
    SET.when(closing("sit", "run")).then_refused("unknown-goal", "/outcomes/1/goal")
    SET.when(closing("sit", "sleep", "sit")).then_refused("named-twice", "/outcomes/2/goal")
    refined = past(a_refinement(goals=(Goal(id="run"),)), march(5, 10))
    later = given(OPENED, CONSENTED, BASELINE, TWO_GOALS, refined)
    later.when(closing("sit", "run")).then_recorded()


def test_a_closing_without_a_plan_states_no_outcome_of_a_goal() -> None:
    given(OPENED).when(closing("sit")).then_refused("unknown-goal", "/outcomes/0/goal")


def test_a_correction_and_an_addition_name_what_is_there() -> None:
    again = replace(SESSION.fact, check_id=SESSION.id)  # the entry itself does not count
    corrected = TREATED.when(a_correction_of("session-delivered.1", again), about=SESSION.id)
    corrected.then_refused("unknown-event", "/replacement/check_id")
    twice = (Participant(id=COLLEAGUE, role="student"),) * 2
    added = an_addition_to("session-delivered.1", participants=twice)
    TREATED.when(added, about=SESSION.id).then_refused("named-twice", "/added/participants/1/id")


def test_what_is_added_is_looked_up_even_if_the_entry_would_not_be_recorded_any_more() -> None:
    unchecked = past(replace(AT_TEN, check_id=NOBODY), march(4, 10))  # its check was retracted since
    history = given(*READY, unchecked)
    added = an_addition_to(
        "session-delivered.1", participants=(Participant(id=COLLEAGUE, role="student"),) * 2
    )
    history.when(added, about=unchecked.id).then_refused("named-twice", "/added/participants/1/id")
    history.when(an_addition_to("session-delivered.1", position="prone"), about=unchecked.id).then_recorded()


def test_an_entry_that_names_the_wrong_kind_already_may_still_be_added_to() -> None:
    checked_by_an_assessment = past(replace(AT_TEN, check_id=BASELINE.id), march(4, 10))
    history = given(*READY, checked_by_an_assessment)
    added = an_addition_to("session-delivered.1", position="prone")
    history.when(added, about=checked_by_an_assessment.id).then_recorded()


def test_a_plan_that_is_set_names_what_is_there() -> None:
    unplanned = given(*(one for one in READY if one is not PLANNED))
    unplanned.when(replace(a_plan, based_on=(NOBODY,))).then_refused("unknown-event", "/based_on/0")
