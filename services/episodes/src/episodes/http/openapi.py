"""The OpenAPI document: what the endpoints read by hand, described from the same forms they read with."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.routing import BaseRoute

from care_platform.http.openapi import absent_instead_of_null, without_token
from care_platform.http.problems import MEDIA_TYPE
from episodes.domain.status import STATUSES
from episodes.http.examples import EXAMPLES
from episodes.http.problems import KINDS

Schema = dict[str, Any]

UUID_SCHEMA: Schema = {"type": "string", "format": "uuid"}
_UUID_TEXT = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
"""A header's value is text to a generated client, whatever its format says."""

TIME_SCHEMA: Schema = {"type": "string", "format": "date-time"}
SYSTEM_AND_VALUE: Schema = {"type": "string", "pattern": r"^[^|\u0000]{1,300}\|[^\u0000]{1,300}$"}
"""An id that somebody else gave, as `system|value`."""

_QUERY: Mapping[str, tuple[str, Schema]] = {
    "version": ("The state as of this version", {"type": "integer", "minimum": 1, "maximum": 999_999_999}),
    "recorded_at": ("The state as of what was recorded by this time", TIME_SCHEMA),
    "occurred_at": ("The state as it was at this time, by what is known", TIME_SCHEMA),
    "after": ("A position this service gave", {"type": "string"}),
    "limit": ("Most events of a page", {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 100}),
    "wait": ("Seconds to hold back an empty answer", {"type": "integer", "minimum": 0, "maximum": 30}),
    "identifier": ("system|value", SYSTEM_AND_VALUE),
}
_REQUIRED_QUERY = {"identifier"}
_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": _UUID_TEXT},
    "description": "A UUID, the command's id: the same key and request get the same answer, for years.",
}
_IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string", "pattern": r'^"\d{1,9}"$'},
    "description": "The version the decision was made on; refused with 412 when the episode has moved.",
}
_ANSWER_HEADERS: Schema = {
    "ETag": {"schema": {"type": "string"}, "description": "The episode's version"},
    "Location": {"schema": {"type": "string"}, "description": "The first event recorded"},
    "Idempotency-Replayed": {"schema": {"type": "string"}, "description": "`true` on a repeat"},
}
_TAGS = {
    "care": "Commands: each records one step of care",
    "episodes": "Reading episodes: their state, history and events, and lists of them",
    "feed": "The published events, for systems that follow",
    "directory": "Clinics, staff, partners and clients",
    "disclosure": "May this event go to that partner now?",
    "operations": "Health, metrics, and what each problem means",
}
_COMMON = (400, 401, 403, 404, 500, 503)
_OF_BODIES = (413, 415, 422)
_OF_COMMANDS = (409, 412)


def describing(
    path: str,
    *,
    body: str | None = None,
    query: Iterable[str] = (),
    parameters: Iterable[Schema] = (),
    answers: int = 204,
    answer: Schema | None = None,
    command: bool = False,
    opens: bool = False,
) -> Schema:
    """What FastAPI cannot see of an endpoint that reads its request itself."""
    statuses = [*_COMMON, *(_OF_BODIES if body else ()), *(_OF_COMMANDS if command else ())]
    operation: Schema = {
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": UUID_SCHEMA} for name in _names(path)),
            *(_query(name) for name in query),
            *parameters,
            *((_KEY, *(() if opens else (_IF_MATCH,))) if command else ()),
        ],
        "responses": {
            str(answers): _answer(answers, _RECEIPT if command else answer, command),
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses},
        },
        "security": [{"token": []}],
    }
    if body is not None:
        content: Schema = {"schema": {"$ref": f"#/components/schemas/{body}"}}
        if body in EXAMPLES:
            content["example"] = EXAMPLES[body]
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def document(app: FastAPI, routes: Sequence[BaseRoute], forms: Mapping[str, TypeAdapter[Any]]) -> Schema:
    """The whole document. `forms` are the bodies by name."""
    made = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=routes, tags=[]
    )
    _, definitions = TypeAdapter.json_schemas(
        [(name, "validation", form) for name, form in forms.items()],
        ref_template="#/components/schemas/{model}",
    )
    schemas: Schema = made.get("components", {}).get("schemas", {}) | definitions.get("$defs", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name, form in forms.items():
        if name not in schemas:
            schema = form.json_schema(ref_template="#/components/schemas/{model}")
            schema.pop("$defs", None)
            schemas[name] = schema
    schemas = {name: absent_instead_of_null(schema) for name, schema in schemas.items()}
    schemas |= {"Problem": PROBLEM, **RECEIPT}
    made["components"] = {
        "schemas": dict(sorted(schemas.items())),
        "responses": {str(status): _problem(status) for status in sorted({k.status for k in KINDS.values()})},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    made["servers"] = [{"url": "/", "description": "The service that gave this document"}]
    made["tags"] = [{"name": name, "description": words} for name, words in _TAGS.items()]
    for operations in made["paths"].values():
        for operation in operations.values():
            if "requestBody" not in operation:
                operation["responses"].pop("422", None)
            if "security" not in operation:
                without_token(operation)
    _link(made["paths"])
    return made


def _link(paths: Schema) -> None:
    """From an opening to everything behind the episode it opened."""
    opened = paths["/v1/episodes"]["post"]["responses"]["201"]
    opened["links"] = {
        operation["operationId"]: {
            "operationId": operation["operationId"],
            "parameters": {"episode": "$response.body#/episode/id"},
        }
        for path, operations in sorted(paths.items())
        if _names(path) == ["episode"]
        for operation in operations.values()
    }


PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "correlation_id"],
    "properties": {
        "type": {"type": "string", "enum": [f"/problems/{name}" for name in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "correlation_id": UUID_SCHEMA,
        "rule": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "rule"],
                "properties": {
                    "pointer": {"type": "string"},
                    "rule": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "version": {"type": "integer", "description": "The version the episode has, of `moved`"},
        "episode": UUID_SCHEMA
        | {"description": "The episode that is recorded already, of `reference-known`"},
        "event": UUID_SCHEMA | {"description": "The event that is recorded already, of `reference-known`"},
    },
}


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _query(name: str) -> Schema:
    description, schema = _QUERY[name]
    required = {"required": True} if name in _REQUIRED_QUERY else {}
    return {"name": name, "in": "query", "description": description, "schema": schema, **required}


def _answer(status: int, schema: Schema | None, command: bool) -> Schema:
    if status == 204:
        return {"description": "Done"}
    content = {"application/json": {"schema": schema or {"type": "object"}}}
    if command:
        return {"description": "Recorded", "content": content, "headers": _ANSWER_HEADERS}
    return {"description": "Found", "content": content}


def _problem(status: int) -> Schema:
    titles = [kind.title for kind in KINDS.values() if kind.status == status]
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "; ".join(titles), "content": {MEDIA_TYPE: {"schema": schema}}}


RECEIPT: Mapping[str, Schema] = {
    "Receipt": {
        "type": "object",
        "required": ["events", "warnings"],
        "description": "What was recorded: `episode`, or `episodes` where a command is recorded in several.",
        "properties": {
            "events": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": "#/components/schemas/ReceiptEvent"},
                "description": "The events recorded, in their order",
            },
            "episode": {"$ref": "#/components/schemas/ReceiptEpisode"},
            "episodes": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": "#/components/schemas/ReceiptEpisode"},
                "description": "Each episode of the client in which the command was recorded",
            },
            "warnings": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/ReceiptWarning"},
                "description": "What was recorded although it looks doubtful",
            },
        },
    },
    "ReceiptEvent": {
        "type": "object",
        "required": ["id", "type", "version", "occurred_at", "recorded_at"],
        "description": "One event that was recorded.",
        "properties": {
            "id": UUID_SCHEMA | {"description": "The event's id"},
            "type": {"type": "string", "description": "Its kind and version, as `session-delivered.1`"},
            "version": {"type": "integer", "description": "Its place among all events of the episode"},
            "occurred_at": TIME_SCHEMA | {"description": "When it happened"},
            "recorded_at": TIME_SCHEMA | {"description": "When this service recorded it"},
        },
    },
    "ReceiptEpisode": {
        "type": "object",
        "required": ["id", "version"],
        "description": "An episode as the command left it.",
        "properties": {
            "id": UUID_SCHEMA | {"description": "The episode's id"},
            "version": {"type": "integer", "description": "How many events it has"},
            "status": {"type": "string", "enum": list(STATUSES), "description": "Not told to a partner"},
        },
    },
    "ReceiptWarning": {
        "type": "object",
        "required": ["rule", "pointer"],
        "description": "A doubt about what was recorded.",
        "properties": {
            "rule": {"type": "string", "description": "The rule by its name in the vocabulary"},
            "pointer": {"type": "string", "description": "Where in the body, as a JSON pointer"},
        },
    },
}
_RECEIPT: Schema = {"$ref": "#/components/schemas/Receipt"}
