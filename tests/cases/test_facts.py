"""Every fact of a published case is in its script, which says nothing else; or the table says why."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from demo.checking import read_script
from demo.scripts import Script, case_names, find_script, parse_script
from demo.setting import read_setting
from tests.cases.carrying import Line, Said, facts, read_table
from tests.cases.case_facts import Case, read_case
from tests.cases.saying import said

CASES = case_names()
NOT_CARRIED, ADDED = read_table("not_carried"), read_table("added")
PIERSON = "pierson-2011-tmd"


@cache
def script_of(name: str) -> Script:
    return read_script(name, read_setting())


def lost(case: Case, script: Script) -> list[str]:
    """The facts that the script does not say, and the table does not list."""
    statements = said(script)
    return [
        f"{fact.place}: {fact.value}"
        for fact in facts(case)
        if not fact.carried(statements)
        and not any(line.covers(case["id"], fact.place, fact.value) for line in NOT_CARRIED)
    ]


def invented(case: Case, script: Script) -> list[Said]:
    """What the script says and no fact does."""
    told = {form for fact in facts(case) for variants in fact.forms for form in variants}
    return [it for it in said(script) - told if not any(_adds(line, case, it) for line in ADDED)]


@pytest.mark.parametrize("name", CASES)
def test_every_fact_is_said_or_listed(name: str) -> None:
    assert lost(read_case(name), script_of(name)) == []


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_said_that_is_no_fact(name: str) -> None:
    assert invented(read_case(name), script_of(name)) == []


@pytest.mark.parametrize("name", CASES)
def test_nothing_listed_as_not_carried_is(name: str) -> None:
    statements = said(script_of(name))
    listed = [
        fact
        for fact in facts(read_case(name))
        if any(line.covers(name, fact.place, fact.value) for line in NOT_CARRIED)
    ]
    assert [fact for fact in listed if fact.carried(statements)] == []


@pytest.mark.parametrize("line", NOT_CARRIED, ids=lambda line: line.place)
def test_a_line_of_the_table_covers_something_and_gives_its_reason(line: Line) -> None:
    covered = {
        str(fact.value)
        for name in CASES
        for fact in facts(read_case(name))
        if line.covers(name, fact.place, fact.value)
    }
    assert covered
    assert covered.issuperset(map(str, line.values))
    assert line.reason


@pytest.mark.parametrize("line", ADDED, ids=lambda line: line.place)
def test_what_is_added_is_added_somewhere(line: Line) -> None:
    cases = {name: read_case(name) for name in CASES}
    assert any(_adds(line, cases[name], it) for name in CASES for it in said(script_of(name)))
    assert line.reason


def test_a_fact_nobody_has_a_place_for_is_named() -> None:
    case = read_case("felix")
    case["client"]["handedness"] = "left"
    case["sessions"][2]["room_temperature"] = 60  # also the minutes of every session
    case["complaint"]["severity"] = "neck"  # also one of its words
    assert lost(case, script_of("felix")) == [
        "client.handedness: left",
        "complaint.severity: neck",
        "sessions[*].room_temperature: 60",
    ]


def _drop(step: str, field: str) -> Callable[[Any], None]:
    return lambda steps: steps[step]["body"].pop(field)


def _set(step: str, path: tuple[str | int, ...], value: Any) -> Callable[[Any], None]:
    def change(steps: Any) -> None:
        part = steps[step]["body"]
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_drop("opening", "age"), "client.age"),
        (_set("plan", ("home_care",), []), "plan.home_care[*]"),
        (_set("exit", ("readings",), []), "outcome.pain[*]"),
        (_set("exit", ("readings", 0, "value"), 4), "outcome.pain[*]"),
        (_set("exit", ("readings", 0, "scale"), "0-100"), "outcome.pain[*]"),
        (_set("exit", ("stage",), "baseline"), "outcome.rom[*]"),
        (_set("exit", ("readings", 1, "unit"), "[in_i]"), "outcome.rom[*]"),
        (_set("exit", ("readings", 1, "site", "side"), "left"), "outcome.rom[*]"),
        (_set("plan", ("planned_sessions",), 9), "plan.sessions"),
        (_set("session 4", ("duration",), 61), "sessions[*].minutes"),
        (_set("plan", ("techniques",), []), "plan.techniques[*]"),
    ],
)
def test_what_is_dropped_or_changed_is_named(change: Callable[[Any], None], place: str) -> None:
    lost_places = [it.partition(":")[0] for it in lost(read_case(PIERSON), _changed(change))]
    assert place in lost_places


@pytest.mark.parametrize(
    "change",
    [
        _set("baseline", ("symptoms",), "sleeps badly"),
        _set(
            "session 2",
            ("readings", 0),
            {"measure": {"code": "pain"}, "value": 3, "unit": "{score}", "scale": "x"},
        ),
        _set("plan", ("frequency",), "daily"),
        _set("closure", ("reason_words",), "cured"),
    ],
)
def test_what_is_made_up_is_seen(change: Callable[[Any], None]) -> None:
    assert invented(read_case(PIERSON), _changed(change))


def test_a_number_in_a_sentence_is_no_reading() -> None:
    """Oswestry 36 stays in the words of the exit assessment, and is missing among its results."""
    case = read_case("keller")
    document = json.loads(find_script("keller").read_text())
    leaving = next(step for step in document["steps"] if step["step"] == "exit")["body"]
    leaving["symptoms"] += "\nOswestry 36"
    leaving["instruments"][0]["reported_score"] = 35
    named = lost(case, parse_script(json.dumps(document)))
    assert any(it.startswith("outcome.instruments[*]") for it in named)


def test_techniques_are_those_of_the_check_and_of_the_session() -> None:
    document = json.loads(find_script("keller").read_text())
    check = next(step for step in document["steps"] if step["step"] == "check 4")["body"]
    check["techniques"] = document["parts"]["techniques"][1:]
    assert lost(read_case("keller"), parse_script(json.dumps(document))) == [
        "sessions[*].techniques[*]: Swedish massage"
    ]


def _changed(change: Callable[[Any], None]) -> Script:
    """Pierson's script with one change."""
    script = script_of(PIERSON)
    document = {
        "id": script.id,
        "title": script.title,
        "steps": [{"step": it.name, "post": it.post, "body": it.body} for it in script.steps],
    }
    document = json.loads(json.dumps(document))
    change({step["step"]: step for step in document["steps"]})
    return parse_script(json.dumps(document))


def _adds(line: Line, case: Case, statement: Said) -> bool:
    """Days are added only where the report tells none."""
    told = any(statement[0] in session for session in case["sessions"])
    return not told and line.covers(case["id"], str(statement[0]), statement[-1])
