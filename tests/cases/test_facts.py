"""Every fact of a published case is carried into a command, or listed with the reason why not."""

from functools import cache
from typing import Any

import pytest

from demo.scripts import case_names, read_case
from laptop.course import assessing, opening, planning
from laptop.course.chart import Chart
from tests.cases.carrying import Line, facts, lost, named, read_table

CASES = case_names()
NOT_CARRIED, OTHERWISE = read_table("not_carried"), read_table("carried_otherwise")
EVERYTHING = [
    (name, named(place), value)
    for name in CASES
    for place, value in facts(read_case(name))
    if value is not None
]


@cache
def missing(name: str) -> list[tuple[str, Any]]:
    return lost(read_case(name), OTHERWISE)


def unlisted(case: str, not_sent: list[tuple[str, Any]]) -> list[str]:
    return [
        f"{place}: {value}"
        for place, value in not_sent
        if not any(line.covers(case, place, value) for line in NOT_CARRIED)
    ]


@pytest.mark.parametrize("name", CASES)
def test_every_fact_is_sent_or_listed(name: str) -> None:
    assert unlisted(name, missing(name)) == []


@pytest.mark.parametrize("name", CASES)
def test_nothing_listed_as_not_carried_is(name: str) -> None:
    listed = [
        (place, value)
        for of_case, place, value in EVERYTHING
        if of_case == name and any(line.covers(name, place, value) for line in NOT_CARRIED)
    ]
    assert [fact for fact in listed if fact not in missing(name)] == []


@pytest.mark.parametrize("line", [*NOT_CARRIED, *OTHERWISE], ids=lambda line: line.place)
def test_a_line_of_the_table_covers_something_and_gives_its_reason(line: Line) -> None:
    covered = {value for name, place, value in EVERYTHING if line.covers(name, place, value)}
    assert covered
    assert covered.issuperset(line.values)
    assert line.reason


def test_a_fact_nobody_has_a_place_for_is_named() -> None:
    case = read_case("felix")
    case["client"]["handedness"] = "left"
    case["sessions"][2]["room_temperature"] = 60  # also the minutes of every session
    case["complaint"]["severity"] = "neck"  # also one of its words
    assert unlisted(case["id"], lost(case, OTHERWISE)) == [
        "client.handedness: left",
        "complaint.severity: neck",
        "sessions[*].room_temperature: 60",
    ]


@pytest.mark.parametrize(
    ("step", "field", "named_as"),
    [
        ((opening, "opening"), "age", "client.age: 26"),
        ((planning, "plan"), "home_care", "plan.home_care[*]: a proprioception exercise"),
        ((assessing, "end"), "readings", "outcome.pain[*].value: 3"),
    ],
)
def test_a_field_that_is_dropped_is_named(
    monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str], field: str, named_as: str
) -> None:
    whole = getattr(*step)

    def without(chart: Chart, *more: Any) -> dict[str, Any]:
        return {name: part for name, part in whole(chart, *more).items() if name != field}

    monkeypatch.setattr(*step, without)
    case = read_case("pierson")
    assert named_as in unlisted(case["id"], lost(case, OTHERWISE))
