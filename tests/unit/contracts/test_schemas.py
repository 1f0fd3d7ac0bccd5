"""The generated files of the published language: fresh, valid, and true of the examples."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from contracts.__main__ import stale_files, write
from contracts.webhook import Challenge, Notice, Webhook
from tests.support.contract_examples import CONTRACTS, TYPES, example

WEBHOOKS: dict[str, type[BaseModel]] = {
    "webhook": Webhook,
    "notice": Notice,
    "challenge": Challenge,
}
SCHEMAS = sorted((CONTRACTS / "schemas").glob("*.json"))


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((CONTRACTS / "schemas" / f"{name}.json").read_text())
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def check(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "contracts", "check", "--directory", str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_committed_files_are_those_the_models_give() -> None:
    assert list(stale_files(CONTRACTS)) == []


def test_utc_has_one_spelling_in_every_document() -> None:
    for path in (
        *SCHEMAS,
        *CONTRACTS.glob("examples/*"),
        *CONTRACTS.glob("openapi/*"),
        CONTRACTS / "asyncapi.yaml",
    ):
        assert "+00:00" not in path.read_text(), path


def test_there_is_a_schema_and_an_example_for_each_published_event_and_no_other() -> None:
    assert {path.stem for path in SCHEMAS} - set(TYPES) == {
        "webhook",
        "notice",
        "challenge",
        "disclosure-questions",
        "disclosure-decisions",
    }
    assert {path.stem for path in (CONTRACTS / "examples").glob("*.json")} == {*TYPES, *WEBHOOKS}


@pytest.mark.parametrize("name", WEBHOOKS)
def test_an_example_of_a_webhook_is_valid_and_read_by_its_model(name: str) -> None:
    validator(name).validate(example(name))
    WEBHOOKS[name].model_validate(example(name))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_schema_is_valid_names_itself_and_has_sorted_keys(path: Path) -> None:
    text = path.read_text()
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:care:schema:{path.stem}"
    assert text == json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("type_name", TYPES)
def test_an_example_is_valid_and_so_is_it_redacted_or_with_something_new(type_name: str) -> None:
    whole = example(type_name)
    validator(type_name).validate(whole)
    validator(type_name).validate(whole | {"data": {"redacted": True}})
    validator(type_name).validate(whole | {"invented": 1, "data": whole["data"] | {"later": 1}})


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize(
    "said",
    [
        {"type": "care.episode.unheard_of.v1"},
        {"specversion": "0.3"},
        {"sequence": 0},
        {"version": "one"},
        {"subject": "somebody"},
        {"precision": "about"},
        {"source": "/elsewhere"},
        {"data": None},
    ],
    ids=str,
)
def test_another_event_is_not_valid(type_name: str, said: dict[str, Any]) -> None:
    assert not validator(type_name).is_valid(example(type_name) | said)


@pytest.mark.parametrize("type_name", TYPES)
def test_a_redacted_event_is_told_from_every_other_by_the_schema(type_name: str) -> None:
    """Each of the two forms fits one branch alone, whichever a decoder tries first."""
    schema = json.loads((CONTRACTS / "schemas" / f"{type_name}.json").read_text())
    branches = [Draft202012Validator(it | {"$defs": schema["$defs"]}) for it in forms(schema)]
    whole = example(type_name)
    for data, fits in (
        (whole["data"], [False, True]),
        ({"redacted": True}, [True, False]),
        ({"redacted": False}, [False, False]),
        (whole["data"] | {"redacted": False}, [False, False]),
        (whole["data"] | {"redacted": None}, [False, False]),
    ):
        assert [it.is_valid(data) for it in branches] == fits
        assert validator(type_name).is_valid(whole | {"data": data}) is any(fits)


def forms(schema: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = schema["properties"]["data"]["oneOf"]
    return found


@pytest.mark.parametrize("type_name", ["session_delivered", "response_noted", "entry_corrected"])
@pytest.mark.parametrize("left_out", ["adverse", "breaches"])
def test_what_alarms_a_clinic_is_said_either_way(type_name: str, left_out: str) -> None:
    whole = example(f"care.episode.{type_name}.v1")
    said = {name: value for name, value in whole["data"].items() if name != left_out}
    assert validator(whole["type"]).is_valid(whole | {"data": said}) is (left_out not in whole["data"])


def test_data_without_what_the_event_says_is_not_valid() -> None:
    type_name = "care.episode.sharing_consented.v1"
    assert not validator(type_name).is_valid(example(type_name) | {"data": {}})


def test_check_is_content_with_fresh_files(tmp_path: Path) -> None:
    write(tmp_path)
    done = check(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_check_names_every_stale_missing_and_left_over_file(tmp_path: Path) -> None:
    shutil.copytree(CONTRACTS / "schemas", tmp_path / "schemas")
    changed, missing = tmp_path / "schemas" / "webhook.json", tmp_path / "asyncapi.yaml"
    changed.write_text("{}")
    left_over = tmp_path / "schemas" / "care.episode.unheard_of.v1.json"
    left_over.write_text("{}")
    done = check(tmp_path)
    assert done.returncode == 1
    named = [line.split(";")[0].removeprefix("stale: ") for line in done.stdout.splitlines()]
    assert named == sorted(str(path) for path in (changed, missing, left_over))


def test_writing_repairs_what_check_names(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "left-over.json").write_text("{}")
    write(tmp_path)
    assert list(stale_files(tmp_path)) == []
