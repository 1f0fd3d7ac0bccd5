"""Courses of care that nobody had: what comes of each command was written down before it was sent."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.cases.invented.by_batch import ByBatch
from tests.cases.invented.orders import backwards, shuffled
from tests.cases.invented.reading import names, read
from tests.cases.invented.walking import Walk, judged_at_the_end

CASES = names()


@pytest.mark.parametrize("name", CASES)
def test_each_command_comes_to_what_was_written_down(name: str) -> None:
    case = read(name)
    walk = Walk(case, ByBatch(case)).go()
    assert walk.unexpected() == []
    assert walk.end() == case.end


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [None, *range(20)])
def test_in_whichever_order_the_facts_arrive_they_are_judged_alike(name: str, seed: int | None) -> None:
    case = read(name)
    order = backwards(case) if seed is None else shuffled(case, seed)
    walk = Walk(case, ByBatch(case)).go(order)
    assert [step for step, came in walk.came.items() if came.refused] == []
    assert judged_at_the_end(walk.end()) == judged_at_the_end(case.end), order
    assert walk.inbox.sessions == walk.alarming, order


@pytest.mark.parametrize("name", CASES)
def test_what_is_expected_names_steps_of_the_script_and_nothing_else(name: str) -> None:
    case = read(name)
    steps = {step.name for step in case.script.steps}
    needed = {before for others in case.after.values() for before in others}
    judged = {session for expected in case.answers.values() for session in expected.judged}
    named = {*case.answers, *case.roles, *case.after, *needed, *judged}
    assert {*named, *case.end["sessions"], *case.end["checks"]} <= steps


def test_there_is_one_case_for_each_family_of_complaint_with_late_doubtful_and_refused_facts() -> None:
    cases = [read(name) for name in CASES]
    families = [case.script.steps[0].body["complaint"]["category"] for case in cases]
    assert sorted(families) == ["chronic_pain", "injury", "post_surgical", "stress_tension"]
    for case in cases:
        expected = case.answers.values()
        assert any(one.judged for one in expected), case.name
        assert any(one.taken_back for one in expected), case.name
        assert any(one.warnings for one in expected), case.name
        assert any(one.refused for one in expected), case.name


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("session 1", {"breaches": ["no-plan-in-force", "no-treatment-consent"]}),
        ("baseline", {"warnings": []}),
        ("withdrawal", {"judged": {}}),
        ("check 1 named", {"taken_back": []}),
        ("session 4", {"alerts": ["rule_of_care_broken: session 4"]}),
        ("session after the closing", {"refused": None}),
    ],
)
def test_a_changed_expectation_does_not_pass(step: str, changed: Mapping[str, Any]) -> None:
    case = read("invented-chronic-neck")
    other = replace(case, answers={**case.answers, step: replace(case.expected(step), **changed)})
    walk = Walk(other, ByBatch(other)).go()
    assert [line.partition(":")[0] for line in walk.unexpected()] == [f"{step}, {next(iter(changed))}"]
