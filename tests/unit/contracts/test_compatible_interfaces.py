"""What breaks callers and consumers of the interfaces and channels: one change each, with its verdict."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from tests.support.contract_examples import CONTRACTS
from tests.support.released import asyncapi, openapi
from tests.support.released.places import Break, Object, Place
from tests.unit.contracts.test_compatible_schemas import KEEPS, NUMBER, TEXT, UUID, of

# OpenAPI: one operation with one of each.

OPERATION: Object = {
    "parameters": [
        {"in": "path", "name": "id", "required": True, "schema": UUID},
        {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}},
        {"in": "header", "name": "If-Match", "schema": TEXT},
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}},
    },
    "responses": {
        "201": {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
            "headers": {"ETag": {"required": True, "schema": TEXT}},
        },
        "404": {"$ref": "#/components/responses/404"},
    },
    "security": [{"token": []}],
}
OPENAPI: Object = {
    "openapi": "3.1.0",
    "paths": {"/v1/it/{id}": {"post": OPERATION}, "/open": {"get": {"responses": {"200": {}}}}},
    "components": {
        "schemas": {
            "Answer": of(status_={"enum": ["open", "closed"]}),
            "Body": of(code_={"enum": ["a", "b"]}),
        },
        "responses": {"404": {"content": {"application/problem+json": {"schema": of(rule=TEXT)}}}},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}
IT = "paths /v1/it/{id} post"
BODY, ANSWER = "components schemas Body", "components schemas Answer"
OF_OPENAPI: list[tuple[str, Any, str]] = [
    # where, what stands there now (none: it is gone), what breaks
    ("paths /v1/it/{id}", None, "path /v1/it/{id} is gone"),
    (IT, None, "POST /v1/it/{id} is gone"),
    (f"{IT} responses 201", None, "status 201 is gone"),
    (f"{IT} responses 404", None, KEEPS),
    (f"{IT} responses 202", {}, KEEPS),
    (f"{IT} responses 201 headers ETag", None, "header ETag is gone"),
    (f"{IT} responses 201 headers ETag", {"schema": TEXT}, "header ETag is no longer required"),
    (f"{IT} responses 201 headers ETag", {"required": True, "schema": NUMBER}, "number is new"),
    (f"{IT} responses 201 content", {"text/plain": {"schema": TEXT}}, "application/json is gone"),
    (f"{ANSWER} properties status enum", ["open", "closed", "on_hold"], '"on_hold" is new'),
    (f"{ANSWER} properties more", TEXT, KEEPS),
    (f"{ANSWER} required", [], "property status is no longer required"),
    (
        "components responses 404 content application/problem+json schema properties rule",
        None,
        "rule is gone",
    ),
    (f"{BODY} properties code enum", ["a", "b", "c"], KEEPS),
    (f"{BODY} properties code enum", ["a"], '"b" is gone'),
    (f"{BODY} properties more", TEXT, KEEPS),
    (f"{BODY} required", ["code", "more"], "property more is now required"),
    (f"{IT} requestBody required", False, KEEPS),
    (f"{IT} requestBody content application/json", None, "application/json is gone"),
    ("paths /open get requestBody", {"required": True}, "a body is now required"),
    (f"{IT} parameters 1 schema maximum", 50, "maximum 100 is now 50"),
    (f"{IT} parameters 1 schema maximum", 200, KEEPS),
    (f"{IT} parameters 2 required", True, "header parameter If-Match is now required"),
    (f"{IT} parameters 2", {"in": "header", "name": "If-None-Match", "schema": TEXT}, "If-Match is gone"),
    (f"{IT} parameters 3", {"in": "query", "name": "new", "schema": TEXT}, KEEPS),
    (
        f"{IT} parameters 3",
        {"in": "query", "name": "new", "required": True},
        "query parameter new is now required",
    ),
    (f"{IT} security", [{"token": []}, {"key": []}], KEEPS),
    (f"{IT} security", [], KEEPS),
    (f"{IT} security", [{"token": ["admin"]}], "what a caller must show has changed"),
    ("paths /open get security", [{"token": []}], "what a caller must show has changed"),
    ("components securitySchemes token", None, "security scheme token is gone"),
    ("components securitySchemes token scheme", "basic", "security scheme token is gone or another"),
    ("paths /v1/new", {"get": {"responses": {"200": {}}}}, KEEPS),
    ("paths /open post", {"responses": {"200": {}}}, KEEPS),
]


def changed(document: Object, where: str, now: Any) -> Object:
    copy: Any = json.loads(json.dumps(document))
    *way, last = where.split(" ")
    place = copy
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place[int(last) :] = [now, *place[int(last) + 1 :]]
    elif now is None:
        del place[last]
    else:
        place[last] = now
    return dict(copy)


def verdict(found: Iterable[Break], wanted: str) -> None:
    said = [str(it) for it in dict.fromkeys(found)]
    assert len(said) == bool(wanted), said
    assert wanted in "".join(said)


@pytest.mark.parametrize(("where", "now", "wanted"), OF_OPENAPI)
def test_a_change_of_an_interface_breaks_this_and_nothing_else(where: str, now: Any, wanted: str) -> None:
    new = changed(OPENAPI, where, now)
    verdict(openapi.breaks(Place.top("o.json", OPENAPI), Place.top("o.json", new)), wanted)


# AsyncAPI: the committed document itself.

ASYNCAPI: Object = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())
MESSAGE, TRAIT = "components messages PlanSet", "components messageTraits cloudEvent"
HEADERS = "components schemas EventHeaders"
SET = "components schemas PlanSet"
OF_ASYNCAPI: list[tuple[str, Any, str]] = [
    ("channels episodes messages PlanSet", None, "message PlanSet is gone"),
    ("channels episodes messages New", {"name": "new"}, KEEPS),
    ("channels episodes address", "care.{network}.v2", "address care.{network}.episodes.v1 is now"),
    ("channels episodes bindings kafka topic", "care", "topic care.{network}.episodes.v1 is now care"),
    ("channels new", {"address": "new"}, KEEPS),
    ("servers kafka", None, "kafka is gone from servers"),
    ("servers partner protocol", "http", "protocol https is now http"),
    ("operations deliverWebhook", None, "deliverWebhook is gone"),
    (f"{MESSAGE} name", "care.episode.plan_set.v2", "name care.episode.plan_set.v1 is now"),
    (f"{MESSAGE} contentType", "text/plain", "contentType"),
    (f"{MESSAGE} traits", [], "a trait is gone"),
    (f"{SET} properties more", TEXT, KEEPS),
    (f"{SET} required", [], "property plan_version is no longer required"),
    (f"{SET} properties plan_version", None, "property plan_version is gone"),
    (f"{SET} properties plan_version minimum", 0, "minimum 1 is now 0"),
    (
        f"{HEADERS} properties ce_origin enum",
        ["live", "late", "imported", "corrected", "x"],
        '"x" is new',
    ),
    (f"{HEADERS} properties ce_id", None, "property ce_id is gone"),
    (f"{HEADERS} properties ce_new", TEXT, KEEPS),
    (f"{TRAIT} bindings kafka key", None, "the key is gone"),
    (f"{TRAIT} bindings kafka key format", "uri", "format"),
]


@pytest.mark.parametrize(("where", "now", "wanted"), OF_ASYNCAPI)
def test_a_change_of_the_channels_breaks_this_and_nothing_else(where: str, now: Any, wanted: str) -> None:
    new = changed(ASYNCAPI, where, now)
    verdict(asyncapi.breaks(Place.top("a.yaml", ASYNCAPI), Place.top("a.yaml", new)), wanted)
