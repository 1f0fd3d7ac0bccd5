"""Nothing that is sent is without bound: each text and list of a body has a greatest length."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.vocabulary_page import CONTRACTS

BOUNDING = {"maxLength", "enum", "const", "format"}
ALTERNATIVES = ("anyOf", "oneOf", "allOf")


def unbounded(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], seen: set[str], at: str
) -> Iterator[str]:
    """The places below a schema where a text or a list may be of any length."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            seen.add(name)
            yield from unbounded(schemas[name], schemas, seen, name)
        return
    match schema.get("type"):
        case "string" if not BOUNDING & schema.keys() and not _ends(schema.get("pattern", "")):
            yield at
        case "array" if "maxItems" not in schema:
            yield at
        case "object" if schema.get("additionalProperties") is not False:
            yield at
    parts = {**schema.get("properties", {}), **({"[]": schema["items"]} if "items" in schema else {})}
    for name, part in parts.items():
        yield from unbounded(part, schemas, seen, f"{at}/{name}")
    for part in (one for name in ALTERNATIVES for one in schema.get(name, ())):
        yield from unbounded(part, schemas, seen, at)


def _ends(pattern: str) -> bool:
    """Whether no text of any length matches: from end to end, and nothing in it may be repeated for ever."""
    repeated = re.search(r"(?<!\\)[*+]|\{\d+,\}", re.sub(r"\[[^\]]*\]", "", pattern))
    return pattern.startswith("^") and pattern.endswith("$") and repeated is None


def bodies(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for form in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method} {path}", form["schema"]


@pytest.mark.parametrize("service", ["episodes", "notifications"])
def test_every_text_and_list_that_is_sent_has_a_greatest_length(service: str) -> None:
    document = json.loads((CONTRACTS / "openapi" / f"{service}.json").read_text())
    schemas, seen = document["components"]["schemas"], set[str]()
    found = list(bodies(document))
    assert found
    assert [at for name, body in found for at in unbounded(body, schemas, seen, name)] == []


def test_what_has_none_would_be_seen() -> None:
    body = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"$ref": "#/B"}}}
    schemas = {"B": {"type": "array", "items": {"type": "string", "maxLength": 3}}}
    assert list(unbounded(body, schemas, set(), "x")) == ["x", "x/a", "B"]


@pytest.mark.parametrize(
    ("pattern", "ends"),
    [(r"^\d{4}(-[+*]{1,2})?$", True), (r"^\d+$", False), (r"\d{4}", False), (r"^a{2,}$", False), ("", False)],
)
def test_a_pattern_is_a_greatest_length_if_it_ends(pattern: str, ends: bool) -> None:
    assert _ends(pattern) is ends
