"""The OpenAPI document: complete, with examples that are accepted, and committed as it is served."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from contracts.codec import from_json
from contracts.disclosure import Questions
from episodes.api.app import create_app
from episodes.directory import client_endpoint
from episodes.directory import endpoint as directory
from episodes.domain.vocabulary import COMMANDS
from episodes.http.answer_examples import ANSWER_EXAMPLES
from episodes.http.examples import EXAMPLES
from episodes.http.problems import KINDS
from episodes.recording.endpoint import body_form, path_of

COMMITTED = Path(__file__).parents[4] / "contracts" / "openapi" / "episodes.json"
OPEN = ("/health/live", "/health/ready", "/metrics", "/problems/rules/{rule}", "/problems/{type}")
FORMS: dict[str, TypeAdapter[Any]] = {
    **{f"{step.fact.__name__}Command": body_form(step) for step in COMMANDS},
    **{kind.form.__name__: TypeAdapter(kind.form) for kind in directory.KINDS},
    **{form.__name__: TypeAdapter(form) for form in client_endpoint.FORMS},
    "Questions": TypeAdapter(Questions),
}


@cache
def made() -> dict[str, Any]:
    return create_app().openapi()


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
        assert {"404", "409"} <= answers
        in_one_episode = path.startswith("/v1/episodes/{episode}/")
        assert ("412" in answers) == in_one_episode
        assert ("If-Match" in {part["name"] for part in operation["parameters"]}) == in_one_episode
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


def _reachable(start: Any) -> set[str]:
    """The schemas that a part of the document refers to, directly or not."""
    found: set[str] = set()
    waiting = set(_references(start))
    while waiting:
        found |= waiting
        waiting = {
            name for one in waiting for name in _references(made()["components"]["schemas"][one])
        } - found
    return found


def _references(part: Any) -> list[str]:
    return re.findall(r'"#/components/schemas/(\w+)"', json.dumps(part))


def sent() -> dict[str, Any]:
    """The schemas of what is sent to us."""
    bodies = [operation["requestBody"] for _, _, operation in operations() if "requestBody" in operation]
    return {name: made()["components"]["schemas"][name] for name in _reachable(bodies)}


def answers() -> list[tuple[str, str, str, dict[str, Any]]]:
    return [
        (path, method, media_type, content)
        for path, method, operation in operations()
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for media_type, content in answer.get("content", {}).items()
    ]


@pytest.mark.parametrize(("path", "method", "media_type", "content"), answers())
def test_every_answer_has_a_schema_and_an_example_that_it_fits(
    path: str, method: str, media_type: str, content: dict[str, Any]
) -> None:
    assert content["schema"] != {"type": "object"}
    schema = content["schema"] | {"components": made()["components"]}
    jsonschema.Draft202012Validator(schema).validate(content["example"])


@pytest.mark.parametrize("answer", made()["components"]["responses"].values())
def test_every_problem_has_an_example_that_fits(answer: dict[str, Any]) -> None:
    content = answer["content"]["application/problem+json"]
    schema = content["schema"] | {"components": made()["components"]}
    for example in content["examples"].values():
        jsonschema.Draft202012Validator(schema).validate(example["value"])


def test_the_feed_of_the_example_holds_what_is_published() -> None:
    for event in ANSWER_EXAMPLES["FeedPage"]["events"]:
        read = from_json(event)
        assert set(event["data"]) <= set(type(read.data).model_fields)


def test_operations_have_names_of_their_own_that_people_would_choose() -> None:
    names = [operation["operationId"] for ways in made()["paths"].values() for operation in ways.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+(_[a-z]+){0,4}", name) for name in names)
    assert {step.command for step in COMMANDS} < set(names)


def test_generated_clients_meet_no_null_and_no_default_in_what_they_send() -> None:
    """A field with a default counts as required there; code of a type that may be null may not compile."""
    assert '"null"' not in json.dumps(sent())
    fields = [part for schema in sent().values() for part in schema.get("properties", {}).values()]
    assert not [field for field in fields if "default" in field]


@pytest.mark.parametrize("name", FORMS)
def test_null_is_still_taken_for_a_field_that_may_be_left_out(name: str) -> None:
    if name.endswith("Command"):
        FORMS[name].validate_json(json.dumps(EXAMPLES[name] | {"performer": None, "purpose": None}))


def test_a_number_is_a_double_to_generated_clients() -> None:
    found = re.findall(r'\{[^{}]*"type": "number"[^{}]*\}', json.dumps(made()["components"]["schemas"]))
    assert found
    assert all('"format": "double"' in number for number in found)


def test_each_kind_of_problem_has_a_name_in_generated_clients() -> None:
    kinds = made()["components"]["schemas"]["Problem"]["properties"]["type"]
    names = [it.removeprefix("/problems/").replace("-", "_").upper() for it in kinds["enum"]]
    assert kinds["x-enum-varnames"] == names


def test_an_opening_links_to_everything_behind_its_episode() -> None:
    links = made()["paths"]["/v1/episodes"]["post"]["responses"]["201"]["links"]
    assert {"set_plan", "get_episode", "get_episode_history"} < set(links)
    assert all(link["parameters"] == {"episode": "$response.body#/episode/id"} for link in links.values())


def test_the_schemas_of_what_is_sent_to_us_allow_no_unknown_field() -> None:
    assert all(
        schema.get("additionalProperties") is False
        for schema in sent().values()
        if schema.get("type") == "object"
    )


KEYWORDS = {
    *("type", "format", "enum", "const", "pattern", "title", "description", "default", "examples", "$ref"),
    *("properties", "required", "additionalProperties", "items", "anyOf", "oneOf", "discriminator"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems"),
    *("if", "then", "else", "dependentRequired"),
    "deprecated",
    "x-enum-varnames",  # of OpenAPI's generators
}


def test_schemas_use_the_keywords_of_json_schema_alone() -> None:
    def used(schema: Any) -> set[str]:
        one = (schema.get(name) for name in ("items", "additionalProperties"))
        parts = [
            *schema.get("properties", {}).values(),
            *(part for name in ("anyOf", "oneOf") for part in schema.get(name, ())),
            *(part for part in one if isinstance(part, dict)),
        ]
        return set(schema).union(*map(used, parts))

    schemas = list(made()["components"]["schemas"].values())
    schemas += [it["schema"] for _, _, operation in operations() for it in operation.get("parameters", ())]
    assert set[str]().union(*map(used, schemas)) <= KEYWORDS


def test_every_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r'"\$ref": "#/components/(\w+)/(\w+)"', json.dumps(made()))):
        assert reference[1] in made()["components"][reference[0]]
