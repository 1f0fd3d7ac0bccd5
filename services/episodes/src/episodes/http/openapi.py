"""The OpenAPI document: what the endpoints read by hand, described from the same forms they read with."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.routing import BaseRoute

from care_platform.http.problems import MEDIA_TYPE
from episodes.domain.status import STATUSES
from episodes.http.examples import EXAMPLES
from episodes.http.problems import KINDS

Schema = dict[str, Any]

_UUID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_QUERY: Mapping[str, tuple[str, Schema]] = {
    "version": ("The state as of this version", {"type": "integer", "minimum": 1, "maximum": 999_999_999}),
    "recorded_at": ("The state as of what was recorded by this time", _TIME),
    "occurred_at": ("The state as it was at this time, by what is known", _TIME),
    "after": ("A position this service gave", {"type": "string", "pattern": "^p[0-9a-f]{1,15}$"}),
    "limit": ("Most events of a page", {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 100}),
    "wait": ("Seconds to hold back an empty answer", {"type": "integer", "minimum": 0, "maximum": 30}),
    "identifier": ("system|value", {"type": "string", "pattern": r"^[^|\u0000]{1,300}\|[^\u0000]{1,300}$"}),
}
_REQUIRED_QUERY = {"identifier"}
_COMMAND_HEADERS: tuple[Schema, ...] = (
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": _UUID,
        "description": "The command's id: the same key and request get the same answer, for years.",
    },
    {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string", "pattern": r'^"\d{1,9}"$'},
        "description": "The version the decision was made on; refused with 412 when the episode has moved.",
    },
)
_ANSWER_HEADERS: Schema = {
    "ETag": {"schema": {"type": "string"}, "description": "The episode's version"},
    "Location": {"schema": {"type": "string"}, "description": "The first event recorded"},
    "Idempotency-Replayed": {"schema": {"type": "string"}, "description": "`true` on a repeat"},
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
) -> Schema:
    """What FastAPI cannot see of an endpoint that reads its request itself."""
    statuses = [*_COMMON, *(_OF_BODIES if body else ()), *(_OF_COMMANDS if command else ())]
    operation: Schema = {
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _UUID} for name in _names(path)),
            *(_query(name) for name in query),
            *parameters,
            *(_COMMAND_HEADERS if command else ()),
        ],
        "responses": {
            str(answers): _answer(answers, ANSWER if command else answer, command),
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
    schemas["Problem"] = PROBLEM
    made["components"] = {
        "schemas": dict(sorted(schemas.items())),
        "responses": {str(status): _problem(status) for status in sorted({k.status for k in KINDS.values()})},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    for operations in made["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None) if "requestBody" not in operation else None
    return made


PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "correlation_id"],
    "properties": {
        "type": {"type": "string", "enum": [f"/problems/{name}" for name in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "correlation_id": _UUID,
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


_EPISODE: Schema = {
    "type": "object",
    "required": ["id", "version"],
    "properties": {
        "id": _UUID,
        "version": {"type": "integer"},
        "status": {"type": "string", "enum": list(STATUSES), "description": "Not told to a partner"},
    },
}
ANSWER: Schema = {
    "type": "object",
    "required": ["events", "warnings"],
    "description": "`episode`, or `episodes` where a command is recorded in several.",
    "properties": {
        "events": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id", "type", "version", "occurred_at", "recorded_at"],
                "properties": {
                    "id": _UUID,
                    "type": {"type": "string"},
                    "version": {"type": "integer"},
                    "occurred_at": {"type": "string", "format": "date-time"},
                    "recorded_at": {"type": "string", "format": "date-time"},
                },
            },
        },
        "episode": _EPISODE,
        "episodes": {"type": "array", "minItems": 1, "items": _EPISODE},
        "warnings": {"type": "array", "items": {"type": "object"}},
    },
}
