"""Refining a plan: it changes something, says why, and the old plan stays."""

from uuid import UUID

from episodes.domain.care.plans import Plan
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    OPENED,
    PLANNED,
    READY,
    SWEDISH,
    a_refinement,
    treated,
)
from tests.support.episodes.scenario import given, march, moment, past


def test_a_refinement_takes_the_next_version_and_names_what_it_replaces_and_changes() -> None:
    refined = given(*READY).when(a_refinement()).then_recorded()
    assert (refined.plan_version, refined.replaces) == (2, 1)
    assert refined.changed_fields == ("techniques",)


def test_a_refinement_needs_a_plan() -> None:
    given(OPENED, BASELINE).when(a_refinement()).then_refused("no-plan-to-refine")


def test_a_refinement_that_changes_nothing_is_refused() -> None:
    outcome = given(*READY).when(a_refinement(techniques=(SWEDISH,)))
    outcome.then_refused("refinement-changes-nothing")


def test_other_grounds_alone_are_no_change() -> None:
    outcome = given(*READY).when(a_refinement(techniques=(SWEDISH,), based_on=(BASELINE.id,)))
    outcome.then_refused("refinement-changes-nothing")


def test_a_circumstance_needs_no_evidence() -> None:
    given(*READY).when(a_refinement("travel")).then_recorded()


def test_a_clinical_refinement_cites_something_recorded_after_the_plan() -> None:
    session = treated()
    history = given(*READY, CHECKED, session)
    history.when(a_refinement("clinical", evidence=(session.id,))).then_recorded()


def test_a_clinical_refinement_without_newer_evidence_is_refused() -> None:
    rule = "clinical-refinement-needs-newer-evidence"
    given(*READY).when(a_refinement("clinical")).then_refused(rule, "/evidence")
    older = a_refinement("clinical", evidence=(BASELINE.id, PLANNED.id))
    given(*READY).when(older).then_refused(rule, "/evidence")


def test_evidence_is_newer_by_when_it_was_recorded_not_by_when_it_happened() -> None:
    late = treated(day=1)
    given(*READY, CHECKED, late).when(a_refinement("clinical", evidence=(late.id,))).then_recorded()


def test_evidence_of_a_second_refinement_is_newer_than_the_first() -> None:
    session = treated()
    refined = past(a_refinement("travel", plan_version=2, replaces=1), march(5, 9))
    history = given(*READY, CHECKED, session, refined)
    outcome = history.when(a_refinement("clinical", techniques=(), evidence=(session.id,)))
    outcome.then_refused("clinical-refinement-needs-newer-evidence", "/evidence")


def test_evidence_of_another_episode_is_refused() -> None:
    outcome = given(*READY).when(a_refinement("clinical", evidence=(UUID(int=999),)))
    outcome.then_refused("unknown-event", "/evidence/0")


def test_the_old_plan_held_until_the_refinement_and_the_new_one_from_then_on() -> None:
    refined = past(a_refinement("travel", plan_version=2, replaces=1), march(5, 9))
    episode = given(*READY, refined).episode
    versions = [
        held and held.fact.plan_version
        for held in (episode.in_force(Plan, moment(march(*time))) for time in [(5, 8), (5, 9), (6, 9)])
    ]
    assert versions == [1, 2, 2]
    assert [held.fact.plan_version for held in episode.spans_of(Plan)] == [1, 2]


def test_an_imported_refinement_without_its_evidence_is_a_breach() -> None:
    asked = given(*READY).when(a_refinement("clinical"), imported=True)
    asked.then_breaches("clinical-refinement-needs-newer-evidence")
