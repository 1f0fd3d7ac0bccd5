"""Each published case leads to the state written down for it beforehand, and nothing in it is made up."""

from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from demo.checking import read_script
from demo.commands import Command, commands_of
from demo.scripts import UnknownCase, case_names, find_script
from demo.setting import read_setting
from tests.cases.case_facts import read_case
from tests.cases.checking import differences, expected_of
from tests.cases.folding import TODAY, walked

CASES = case_names()
CLIENT, ANOTHER = UUID(int=1), UUID(int=2)


def commands(name: str, client: UUID = CLIENT, today: date = TODAY) -> list[Command]:
    setting = read_setting()
    return commands_of(read_script(name, setting), setting, client, today)


@pytest.mark.parametrize("name", CASES)
def test_a_case_leads_to_the_state_written_down_for_it(name: str) -> None:
    assert differences(expected_of(name), walked(name)) == []


@pytest.mark.parametrize("name", CASES)
def test_a_case_ends_yesterday_and_its_facts_are_in_order(name: str) -> None:
    times = [datetime.fromisoformat(_time_of(command)) for command in commands(name)]
    days = [moment.date() for moment in times]
    assert days == sorted(days)
    assert max(times).date() == TODAY - timedelta(days=1)


@pytest.mark.parametrize("name", CASES)
def test_a_repeated_walk_asks_the_same_under_the_same_keys_and_another_client_under_others(name: str) -> None:
    keys = [command.key for command in commands(name)]
    assert commands(name) == commands(name)
    assert len(set(keys)) == len(keys)
    assert not set(keys) & {command.key for command in commands(name, client=ANOTHER)}


@pytest.mark.parametrize("name", CASES)
def test_every_session_is_checked_just_before_on_the_same_day(name: str) -> None:
    walk = {command.step: command for command in commands(name)}
    order = list(walk)
    for number in range(1, len(read_case(name)["sessions"]) + 1):
        check, session = walk[f"check {number}"], walk[f"session {number}"]
        assert order.index(f"check {number}") + 1 == order.index(f"session {number}")
        assert check.body["occurred_at"][:10] == session.body["date_of_service"]


def test_a_case_goes_by_any_part_of_its_name_that_names_no_other() -> None:
    assert find_script("whiplash").parent.name == "felix-chronic-whiplash"
    for name in ("no such case", "l"):
        with pytest.raises(UnknownCase) as refused:
            find_script(name)
        assert all(known in str(refused.value) for known in CASES)
    assert len(CASES) == 16


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        (("assessments", 0, "readings", 1, "value"), 41.0),
        (("assessments", 1, "instruments", 0, "reported_score"), 35),
        (("sessions", 3, "duration"), 31),
        (("sessions", 6, "breaches"), [{"rule": "no-treatment-consent"}]),
        (("session-checks", 2, "verdict"), "go_with_limits"),
        (("plans", 0, "planned_sessions"), 8),
        (("status",), "open"),
    ],
)
def test_a_changed_figure_does_not_pass(place: tuple[Any, ...], changed: Any) -> None:
    state = deepcopy(walked("keller"))
    *path, last = place
    part: Any = state
    for step in path:
        part = part[step]
    part[last] = changed
    assert differences(expected_of("keller-2012-lumbar-fusion"), walked("keller")) == []
    assert differences(expected_of("keller-2012-lumbar-fusion"), state)


@pytest.mark.parametrize("resource", ["sessions", "assessments", "responses", "sharing-consents", "closure"])
def test_a_fact_that_is_missing_or_too_many_does_not_pass(resource: str) -> None:
    state = walked("bell")
    expected = expected_of("bell-2008-low-back-sciatica")
    assert differences(expected, {**state, resource: state[resource][:-1]})
    assert differences(expected, {**state, resource: [*state[resource], state[resource][-1]]})


def _time_of(command: Command) -> str:
    time: str = command.body.get("occurred_at") or command.body.get("signed_at") or command.body["start"]
    return time
