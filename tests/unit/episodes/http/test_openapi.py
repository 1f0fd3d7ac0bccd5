"""The OpenAPI document: complete, with examples that are accepted, and committed as it is served."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from contracts.disclosure import Questions
from episodes.api.app import create_app
from episodes.directory.endpoint import ENTRIES
from episodes.domain.vocabulary import COMMANDS
from episodes.event_log.reader import Wake
from episodes.http.examples import EXAMPLES
from episodes.http.problems import KINDS
from episodes.recording.endpoint import body_form, path_of

COMMITTED = Path(__file__).parents[4] / "contracts" / "openapi" / "episodes.json"
OPEN = ("/health/live", "/health/ready", "/metrics", "/problems/{type}")
FORMS: dict[str, TypeAdapter[Any]] = {
    **{f"{step.fact.__name__}Command": body_form(step) for step in COMMANDS},
    **{entry.__name__: TypeAdapter(entry) for _, entry, _, _ in ENTRIES},
    "Questions": TypeAdapter(Questions),
}


@cache
def made() -> dict[str, Any]:
    return create_app(None, Wake(""), "").openapi()


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, it) for path, its in made()["paths"].items() for method, it in its.items()]


def test_the_committed_document_is_the_one_that_is_served() -> None:
    assert COMMITTED.read_text() == json.dumps(made(), indent=2, sort_keys=True) + "\n", "make schemas"


def test_every_step_of_care_has_its_path() -> None:
    commands = {path for path, method, _ in operations() if method == "post"} - {"/v1/disclosure-decisions"}
    assert commands == {path_of(step) for step in COMMANDS}


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_an_operation_says_what_it_takes_and_what_it_may_answer(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    answers = set(operation["responses"])
    assert any(status.startswith("2") for status in answers)
    named = {part["name"] for part in operation.get("parameters", []) if part["in"] == "path"}
    assert named == set(re.findall(r"{(\w+)}", path))
    if path in OPEN:
        return
    assert {"400", "401", "403", "503"} <= answers
    assert operation["security"] == [{"token": []}]
    if "requestBody" in operation:
        assert {"413", "415", "422"} <= answers
        assert "example" in operation["requestBody"]["content"]["application/json"]
    if method == "post" and path != "/v1/disclosure-decisions":
        assert {"404", "409", "412"} <= answers
        required = {part["name"] for part in operation["parameters"] if part.get("required")}
        assert "Idempotency-Key" in required


def test_every_status_of_a_problem_is_described_once() -> None:
    assert set(made()["components"]["responses"]) == {str(kind.status) for kind in KINDS.values()}


@pytest.mark.parametrize("name", FORMS)
def test_every_body_has_an_example_that_its_schema_and_its_form_accept(name: str) -> None:
    schema = made() | {"$ref": f"#/components/schemas/{name}"}
    jsonschema.Draft202012Validator(schema).validate(EXAMPLES[name])
    FORMS[name].validate_json(json.dumps(EXAMPLES[name]))
    assert set(EXAMPLES) == set(FORMS)


ANSWERS = {
    *("Problem", "Live", "Ready", "Explained"),
    *("Receipt", "ReceiptEvent", "ReceiptEpisode", "ReceiptWarning"),
}


def test_operations_have_names_of_their_own_that_people_would_choose() -> None:
    names = [operation["operationId"] for ways in made()["paths"].values() for operation in ways.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+(_[a-z]+){0,4}", name) for name in names)
    assert {step.command for step in COMMANDS} < set(names)


def test_generated_clients_meet_no_null_and_no_default_in_what_they_send() -> None:
    """A field with a default counts as required there; code of a type that may be null may not compile."""
    sent = {name: schema for name, schema in made()["components"]["schemas"].items() if name not in ANSWERS}
    assert '"null"' not in json.dumps(sent)
    fields = [part for schema in sent.values() for part in schema.get("properties", {}).values()]
    assert not [field for field in fields if "default" in field]


@pytest.mark.parametrize("name", FORMS)
def test_null_is_still_taken_for_a_field_that_may_be_left_out(name: str) -> None:
    if name.endswith("Command"):
        FORMS[name].validate_json(json.dumps(EXAMPLES[name] | {"performer": None, "purpose": None}))


def test_an_opening_links_to_everything_behind_its_episode() -> None:
    links = made()["paths"]["/v1/episodes"]["post"]["responses"]["201"]["links"]
    assert {"set_plan", "get_episode", "get_episode_history"} < set(links)
    assert all(link["parameters"] == {"episode": "$response.body#/episode/id"} for link in links.values())


def test_the_schemas_of_what_is_sent_to_us_allow_no_unknown_field() -> None:
    bodies = (schema for name, schema in made()["components"]["schemas"].items() if name not in ANSWERS)
    assert all(
        schema.get("additionalProperties") is False for schema in bodies if schema.get("type") == "object"
    )


def test_every_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r'"\$ref": "#/components/(\w+)/(\w+)"', json.dumps(made()))):
        assert reference[1] in made()["components"][reference[0]]
