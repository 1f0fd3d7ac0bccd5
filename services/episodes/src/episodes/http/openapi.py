"""The OpenAPI document: FastAPI's own, and what it cannot see of requests that are read by hand."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.routing import BaseRoute

from care_platform.http.openapi import Schema, absent_instead_of_null, complete, doubles
from care_platform.http.problem_document import described
from episodes.http.answer_examples import ANSWER_EXAMPLES
from episodes.http.examples import EXAMPLES
from episodes.http.problems import KINDS

_UUID_TEXT = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
"""A header's value is text to a generated client, whatever its format says."""
_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": _UUID_TEXT},
    "description": "A UUID, the command's id: the same key and request get the same answer, for years.",
}
IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": (
        "The version that the decision was made on, as `ETag` gave it; or `*`, or a list (RFC 9110)."
        " Refused with 412 when there is another."
    ),
}
_ETAG: Schema = {"ETag": {"schema": {"type": "string"}, "description": "The episode's version"}}
_RECEIPT_HEADERS: Schema = {
    **_ETAG,
    "Location": {"schema": {"type": "string"}, "description": "The first event recorded"},
    "Idempotency-Replayed": {"schema": {"type": "string"}, "description": "`true` on a repeat"},
}
WITH_ETAG: dict[int | str, Schema] = {200: {"headers": _ETAG}}
GONE: dict[int | str, Schema] = {410: {"$ref": "#/components/responses/410"}}
_ENTRY_ETAG: Schema = {"ETag": {"schema": {"type": "string"}, "description": "The version of the entry"}}
OF_AN_ENTRY: dict[int | str, Schema] = {200: {"headers": _ENTRY_ETAG}}
_UUID: Schema = {"type": "string", "format": "uuid"}
_IN_PATHS = {
    "episode": "The episode's id.",
    "event": "The id of one of its events.",
    "about": "The id of the event that the command is about.",
    "client": "The client's id in the directory.",
    "id": "The id of the entry. Whoever puts it first draws it at random.",
    "clinic": "The clinic's id.",
}
_TAGS = {
    "care": "Commands: each records one step of care",
    "episodes": "Reading episodes: their state, history and events, and lists of them",
    "feed": "The published events, for systems that follow",
    "directory": "Clinics, staff, partners and clients",
    "disclosure": "May this event go to that partner now?",
    "operations": "Health, metrics, and what each problem means",
}
_COMMON = (400, 401, 403, 404, 408, 413, 429, 500, 503)
_OF_BODIES = (415, 422)


def taking(body: str) -> Schema:
    """The body of a request that is read by hand: the name of its form."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}
    return {"requestBody": {"required": True, "content": content}}


def telling(*parameters: Schema) -> Schema:
    """A change of an entry that exists: the headers that are read by hand, and how it may be refused."""
    return {
        "parameters": list(parameters),
        "responses": {str(status): _refusal(status) for status in (412, 428)},
    }


def replacing(body: str) -> Schema:
    """A PUT of a whole entry, by the name of its form."""
    told = telling(IF_MATCH)
    told["responses"]["204"] = {"description": "Put", "headers": _ENTRY_ETAG}
    return {**told, **taking(body)}


def commanding(path: str, body: str, expects: bool) -> Schema:
    """A command: FastAPI sees nothing of its parameters, its body and the headers of its answer.

    `expects`: it is recorded in one episode that exists, so its caller may expect a version of it.
    """
    return {
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _UUID} for name in _names(path)),
            _KEY,
            *((IF_MATCH,) if expects else ()),
        ],
        "responses": {"201": {"description": "Recorded", "headers": _RECEIPT_HEADERS}}
        | {str(status): _refusal(status) for status in ((409, 412) if expects else (409,))},
        "security": [{"token": []}],
        **taking(body),
    }


def document(app: FastAPI, routes: Sequence[BaseRoute], forms: Mapping[str, TypeAdapter[Any]]) -> Schema:
    """The whole document. `forms` are the bodies that are read by hand, and the problem, by name."""
    made = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=routes, tags=[]
    )
    components = made["components"]
    components["schemas"] |= _schemas(forms)
    for path, its in made["paths"].items():
        for operation in its.values() if path.startswith("/v1/") else ():
            statuses = (*_COMMON, *(_OF_BODIES if "requestBody" in operation else ()))
            operation["responses"] |= {str(status): _refusal(status) for status in statuses}
    complete(made, _TAGS, _IN_PATHS, {**EXAMPLES, **ANSWER_EXAMPLES})
    schemas = {
        name: doubles(absent_instead_of_null(schema)) for name, schema in components["schemas"].items()
    }
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = {
        str(status): described((kind for kind in KINDS.values() if kind.status == status), "Problem")
        for status in sorted({kind.status for kind in KINDS.values()})
    }
    components["securitySchemes"]["token"]["bearerFormat"] = "JWT"
    _link(made["paths"])
    return made


def _schemas(forms: Mapping[str, TypeAdapter[Any]]) -> Schema:
    """Each form under its name, and what they consist of."""
    references = "#/components/schemas/{model}"
    _, definitions = TypeAdapter.json_schemas(
        [(name, "validation", form) for name, form in forms.items()], ref_template=references
    )
    schemas: Schema = definitions.get("$defs", {})
    for name, form in forms.items():
        if name not in schemas:
            schemas[name] = form.json_schema(ref_template=references)
            schemas[name].pop("$defs", None)
    return schemas


def _link(paths: Schema) -> None:
    """From an opening to everything behind the episode it opened."""
    opened = paths["/v1/episodes"]["post"]["responses"]["201"]
    opened["links"] = {
        operation["operationId"]: {
            "operationId": operation["operationId"],
            "parameters": {"episode": "$response.body#/episode/id"},
        }
        for path, its in sorted(paths.items())
        if _names(path) == ["episode"]
        for operation in its.values()
    }


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _refusal(status: int) -> Schema:
    return {"$ref": f"#/components/responses/{status}"}
