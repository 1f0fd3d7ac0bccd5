"""A script that cannot be understood is refused in one sentence, which names the step and the field."""

import json
from pathlib import Path
from typing import Any

import pytest

from demo.checking import read_script
from demo.commands import commands_of
from demo.scripts import CASES, NotUnderstood, UnknownCase, case_names, find_script
from demo.setting import read_setting
from tests.cases.folding import TODAY
from tests.support.episodes.scenario import CLIENT

SETTING = read_setting()
OPENING = {
    "step": "opening",
    "post": "episodes",
    "body": {
        "occurred_at": "$day 0 09:00",
        "clinic": "$clinic",
        "client": "$client",
        "therapist": "$therapist",
        "complaint": {"category": "injury", "sites": ["$knee"]},
    },
}
FLAG = {
    "step": "flag",
    "post": "red-flags",
    "body": {"code": {"code": "night_pain"}, "source": "client", "occurred_at": "$day 1 09:00"},
}
SCRIPT = {
    "id": "mine",
    "title": "A knee",
    "parts": {"knee": {"code": "knee", "side": "left"}},
    "steps": [OPENING, FLAG],
}


def refusal(tmp_path: Path, script: Any) -> str:
    file = tmp_path / "mine.json"
    file.write_text(script if isinstance(script, str) else json.dumps(script))
    with pytest.raises(NotUnderstood) as refused:
        read_script(str(file), SETTING)
    assert "\n" not in str(refused.value)
    return str(refused.value).removeprefix(f"{file}: ")


def with_step(**changed: Any) -> dict[str, Any]:
    return {**SCRIPT, "steps": [OPENING, {**FLAG, **changed}]}


def with_field(**changed: Any) -> dict[str, Any]:
    return with_step(body={**FLAG["body"], **changed})  # type: ignore[dict-item]


def test_a_path_is_as_good_as_a_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(SCRIPT))
    opening, flag = commands_of(read_script(str(file), SETTING), SETTING, CLIENT, TODAY)
    assert opening.body["complaint"]["sites"] == [{"code": "knee", "side": "left"}]
    assert opening.body["client"] == str(CLIENT)
    assert flag.body["occurred_at"] == "2026-03-30T09:00:00-07:00"


def test_a_reference_becomes_the_id_of_what_an_earlier_step_recorded(tmp_path: Path) -> None:
    clearance = {
        "step": "cleared",
        "post": "red-flags/$flag/clearance",
        "body": {
            "finding": "ruled_out",
            "authority": {"role": "physician", "licence": "MD 1", "organisation": "Harbor Clinic"},
        },
    }
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({**SCRIPT, "steps": [OPENING, FLAG, clearance]}))
    *_, cleared = commands_of(read_script(str(file), SETTING), SETTING, CLIENT, TODAY)
    assert cleared.path("E", {"flag": "F"}) == "/v1/episodes/E/red-flags/F/clearance"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("{", "this is no JSON"),
        ([], "the script is not an object"),
        ({"id": "mine"}, "the script has no 'title'"),
        ({**SCRIPT, "id": 7}, "the script: 'id' is not a text"),
        ({**SCRIPT, "name": "x"}, "the script has 'name', which is none of id, title, steps, parts"),
        ({**SCRIPT, "steps": []}, "the script has no steps"),
        ({**SCRIPT, "steps": ["x"]}, "step 1 is not an object"),
        ({**SCRIPT, "steps": [FLAG]}, "step 'flag': the first step posts to 'episodes'"),
        ({**SCRIPT, "steps": [OPENING, OPENING]}, "step 'opening': the first step posts to 'episodes'"),
        ({**SCRIPT, "steps": [OPENING, FLAG, FLAG]}, "step 'flag': an earlier step has the same name"),
        (with_step(post="flags"), "step 'flag', post: the API takes nothing at 'flags'"),
        (
            with_step(post="red-flags/$later/clearance"),
            "step 'flag', post: no step before it is called 'later'",
        ),
        (with_field(detail="$later"), "step 'flag', detail: no step before it is called 'later'"),
        (with_field(detail="$flag"), "step 'flag', detail: no step before it is called 'flag'"),
        (with_field(occurred_at="$day one"), "step 'flag', occurred_at: '$day one' is neither a day"),
        (with_field(occurred_at="$day 1 25:00"), "step 'flag', occurred_at: '$day 1 25:00' is neither a day"),
        (with_field(occurred_at="tomorrow"), "step 'flag', occurred_at: 'tomorrow' does not match"),
        (with_field(colour="red"), "step 'flag', body: Additional properties are not allowed ('colour'"),
        (with_step(body={"source": "client"}), "step 'flag', body: 'code' is a required property"),
        (with_field(code={"code": "night"}), "step 'flag', code.code: 'night' is not one of"),
    ],
)
def test_what_cannot_be_understood_is_said(tmp_path: Path, script: Any, said: str) -> None:
    assert refusal(tmp_path, script).startswith(said)


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(UnknownCase, match=r"there is no file './none.json'"):
        find_script("./none.json")


@pytest.mark.parametrize("name", case_names())
def test_a_published_script_has_the_name_of_its_case_and_uses_each_of_its_parts(name: str) -> None:
    text = find_script(name).read_text()
    assert read_script(name, SETTING).id == name
    assert [part for part in json.loads(text).get("parts", {}) if f'"${part}"' not in text] == []


def test_the_example_of_the_page_is_complete(tmp_path: Path) -> None:
    page = (CASES.parent / "README.md").read_text()
    file = tmp_path / "mine.json"
    file.write_text(page.partition("```json\n")[2].partition("```")[0])
    assert len(read_script(str(file), SETTING).steps) == 5
