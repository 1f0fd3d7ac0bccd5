"""Small corrections of generated OpenAPI documents, for generated clients."""

from typing import Any

Schema = dict[str, Any]


def absent_instead_of_null(schema: Any) -> Any:
    """The schema of a request without null alternatives and defaults: a field is given or omitted.

    The service still accepts null. Generators treat fields with a default as required, and some generate code
    that does not compile from a type that may be null.
    """
    match schema:
        case {"anyOf": [*options]} if any(option == {"type": "null"} for option in options):
            left = [absent_instead_of_null(option) for option in options if option != {"type": "null"}]
            rest = {name: part for name, part in schema.items() if name not in ("anyOf", "default")}
            return (left[0] if len(left) == 1 else {"anyOf": left}) | rest
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


def without_token(operation: Schema) -> None:
    """Mark an operation as open to everybody."""
    operation["security"] = []
