"""Corrections of generated OpenAPI documents, for the sake of readers and of generated clients."""

from collections.abc import Iterator, Mapping
from typing import Any

from care_platform.http.operations import EXAMPLES as OF_OPERATIONS

Schema = dict[str, Any]
_OF_FASTAPI = ("HTTPValidationError", "ValidationError")


def complete(
    document: Schema, tags: Mapping[str, str], in_paths: Mapping[str, str], examples: Mapping[str, Any]
) -> None:
    """Add what every service's document says beside what FastAPI finds.

    That is its address, the meaning of its tags and of the parameters in its paths, which operations need no
    token, and an example of each body by the name of its schema.
    """
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    document["servers"] = [{"url": "/", "description": "The service that gave this document"}]
    document["tags"] = [{"name": name, "description": words} for name, words in tags.items()]
    for name in _OF_FASTAPI:
        document["components"]["schemas"].pop(name, None)
    for operation in operations(document):
        operation.setdefault("security", [])
        if "HTTPValidationError" in str(operation["responses"].get("422")):
            del operation["responses"]["422"]  # FastAPI's own form of a refusal, which is never sent
        for parameter in operation.get("parameters", ()):
            _describe(parameter, in_paths)
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            _give_example(body, {**OF_OPERATIONS, **examples})


def _describe(parameter: Schema, in_paths: Mapping[str, str]) -> None:
    """A parameter is given or left out, and has no null."""
    if parameter["in"] == "path":
        parameter.setdefault("description", in_paths.get(parameter["name"], ""))
    if "anyOf" in parameter["schema"]:
        parameter["schema"] = absent_instead_of_null(parameter["schema"])


def _give_example(body: Schema, examples: Mapping[str, Any]) -> None:
    for content in body.get("content", {}).values():
        schema = content.get("schema", {})
        name, of_items = _form(schema), _form(schema.get("items", {}))
        if name in examples:
            content["example"] = examples[name]
        elif of_items in examples:
            content["example"] = [examples[of_items]]


def _form(schema: Schema) -> str:
    """The name of the schema that is referred to."""
    reference: str = schema.get("$ref", "")
    return reference.rpartition("/")[2]


def operations(document: Schema) -> Iterator[Schema]:
    """Every operation of a document."""
    return (operation for path in document["paths"].values() for operation in path.values())


def doubles(schema: Any) -> Any:
    """The schema with each number in the format `double`, which the services read and write.

    Without a format some generators take four bytes, which lose digits of what was recorded.
    """
    match schema:
        case {"type": "number"}:
            return {**schema, "format": "double"}
        case dict():
            return {name: doubles(part) for name, part in schema.items()}
        case list():
            return [doubles(part) for part in schema]
        case _:
            return schema


def absent_instead_of_null(schema: Any) -> Any:
    """The schema of a request without null alternatives and defaults: a field is given or omitted.

    The service still accepts null. Generators treat fields with a default as required, and some generate code
    that does not compile from a type that may be null. A list that must not be empty keeps its null:
    openapi-generator's Java client sends every other list that its caller omits as an empty one.
    """
    match schema:
        case {"anyOf": [*options]} if any(option == {"type": "null"} for option in options):
            left = [absent_instead_of_null(option) for option in options if option != {"type": "null"}]
            rest = {name: part for name, part in schema.items() if name not in ("anyOf", "default")}
            only = left[0] if len(left) == 1 else {"anyOf": left}
            return only | ({"type": [only["type"], "null"]} if only.get("minItems") else {}) | rest
        case dict():
            return {
                name: absent_instead_of_null(part)
                for name, part in schema.items()
                if name != "default" or isinstance(part, dict)  # a property may be called so
            }
        case list():
            return [absent_instead_of_null(part) for part in schema]
        case _:
            return schema


def nullable_by_type(schema: Any) -> Any:
    """The schema of an answer with `type: [X, null]` instead of a choice between X and null."""
    match schema:
        case {"anyOf": [{"type": str(kind), **simple}, {"type": "null"}]}:
            rest = {name: part for name, part in schema.items() if name != "anyOf"}
            return {"type": [kind, "null"], **{k: nullable_by_type(v) for k, v in simple.items()}, **rest}
        case dict():
            return {name: nullable_by_type(part) for name, part in schema.items()}
        case list():
            return [nullable_by_type(part) for part in schema]
        case _:
            return schema
