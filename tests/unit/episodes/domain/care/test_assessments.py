"""Assessing a client."""

from dataclasses import replace

import pytest

from episodes.domain.care.assessments import Assessed
from tests.support.episodes.care_facts import BASELINE, OPENED, a_baseline
from tests.support.episodes.scenario import given


@pytest.mark.parametrize("stage", ["baseline", "midpoint", "exit", "ad_hoc"])
def test_an_assessment_of_any_stage_is_recorded(stage: str) -> None:
    assessment = Assessed(stage=stage)
    given(OPENED).when(assessment).then(assessment)


def test_a_new_baseline_says_what_made_the_old_one_void() -> None:
    outcome = given(OPENED, BASELINE).when(Assessed(stage="new_baseline"))
    outcome.then_refused("new-baseline-needs-its-reason", "/new_baseline_reason")
    surgery = Assessed(stage="new_baseline", new_baseline_reason="surgery")
    given(OPENED, BASELINE).when(surgery).then(surgery)


def test_only_a_new_baseline_has_such_a_reason() -> None:
    outcome = given(OPENED).when(replace(a_baseline, new_baseline_reason="surgery"))
    outcome.then_refused("new-baseline-needs-its-reason", "/new_baseline_reason")
