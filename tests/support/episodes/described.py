"""Every answer of the episodes API that a test gets, held to the OpenAPI document."""

import re
from functools import cache
from typing import Any

import httpx
import jsonschema

from episodes.api.app import create_app


def held_to_the_document(answer: httpx.Response) -> None:
    """For httpx's hook on responses. Raises unless the document describes this status and this body."""
    found = _operation(answer.request.method, answer.url.path)
    if found is None or answer.status_code in (405, 404):
        return
    path, method = found
    described = _answer(path, method, str(answer.status_code))
    answer.read()
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if not answer.content:
        assert "content" not in described or answer.request.method == "HEAD", (method, path)
        return
    assert media_type in described["content"], (method, path, media_type)
    if media_type.endswith("json"):
        _validator(path, method, str(answer.status_code), media_type).validate(answer.json())


@cache
def _document() -> dict[str, Any]:
    return create_app().openapi()


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Literal paths first: `{id}` would fit them as well."""
    paths = sorted(_document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in paths]


def _operation(method: str, path: str) -> tuple[str, str] | None:
    template = next((it for pattern, it in _templates() if pattern.fullmatch(path)), None)
    named = "get" if method == "HEAD" else method.lower()
    return (template, named) if template and named in _document()["paths"][template] else None


def _answer(path: str, method: str, status: str) -> dict[str, Any]:
    responses = _document()["paths"][path][method]["responses"]
    assert status in responses, f"{method} {path} answers {status}, which the document does not say"
    answer: dict[str, Any] = responses[status]
    if "$ref" in answer:
        answer = _document()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return answer


@cache
def _validator(path: str, method: str, status: str, media_type: str) -> jsonschema.Draft202012Validator:
    schema = _answer(path, method, status)["content"][media_type]["schema"]
    return jsonschema.Draft202012Validator(_closed(schema | {"components": _document()["components"]}))


def _closed(schema: Any) -> Any:
    """The schema without room for what it does not describe: an undescribed field would be a surprise."""
    match schema:
        case {"properties": dict()}:
            return {"additionalProperties": False} | {name: _closed(part) for name, part in schema.items()}
        case dict():
            return {name: _closed(part) for name, part in schema.items()}
        case list():
            return [_closed(part) for part in schema]
        case _:
            return schema
