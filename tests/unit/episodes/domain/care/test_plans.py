"""Setting a plan: a desk decision that can wait for its assessment."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from episodes.domain.care.assessments import Assessed
from episodes.domain.care.plans import Plan
from tests.support.episodes.care_facts import BASELINE, OPENED, PLANNED, a_baseline, a_plan
from tests.support.episodes.scenario import given, march, moment, past

DRAFT = replace(a_plan, plan_version=0)


def test_a_plan_after_a_baseline_assessment_is_the_first_version() -> None:
    given(OPENED, BASELINE).when(DRAFT, march(2, 11)).then(a_plan)


def test_a_plan_without_a_baseline_assessment_is_refused() -> None:
    given(OPENED).when(DRAFT).then_refused("plan-needs-a-baseline-assessment")
    midpoint = past(Assessed(stage="midpoint"), march(2, 10))
    given(OPENED, midpoint).when(DRAFT).then_refused("plan-needs-a-baseline-assessment")


def test_a_plan_from_before_the_baseline_assessment_is_refused() -> None:
    given(OPENED, BASELINE).when(DRAFT, march(2, 9, 59)).then_refused("plan-needs-a-baseline-assessment")


def test_a_plan_at_the_very_time_of_its_assessment_is_accepted() -> None:
    given(OPENED, BASELINE).when(DRAFT, march(2, 10)).then(a_plan)
    given(OPENED, BASELINE).when(DRAFT, date(2026, 3, 2)).then(a_plan)


def test_a_plan_may_rest_on_a_new_baseline() -> None:
    fresh = past(Assessed(stage="new_baseline", new_baseline_reason="re_injury"), march(2, 10))
    given(OPENED, fresh).when(DRAFT).then(a_plan)


def test_a_second_plan_is_refused_because_it_is_a_refinement() -> None:
    given(OPENED, BASELINE, PLANNED).when(DRAFT).then_refused("plan-already-set")


def test_a_plan_may_be_based_only_on_what_this_episode_holds() -> None:
    strange = UUID(int=999)
    outcome = given(OPENED, BASELINE).when(replace(DRAFT, based_on=(BASELINE.id, strange)))
    outcome.then_refused("unknown-event", "/based_on/1")


def test_a_plan_holds_from_its_time_on() -> None:
    episode = given(OPENED, past(a_baseline, march(2, 10)), PLANNED).episode
    assert episode.in_force(Plan, moment(march(2, 10, 59))) is None
    assert episode.in_force(Plan, moment(march(2, 11))) is not None


def test_an_imported_plan_without_its_assessment_is_a_breach() -> None:
    given(OPENED).when(DRAFT, imported=True).then_breaches("plan-needs-a-baseline-assessment")
