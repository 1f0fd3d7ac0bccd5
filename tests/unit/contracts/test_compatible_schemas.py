"""What breaks those who read what we send, or write what we accept: one change each, with its verdict."""

from typing import Any

import pytest

from tests.support.released import schema
from tests.support.released.places import Object, Place
from tests.support.released.schema import Direction

SENT, ACCEPTED = Direction.SENT, Direction.ACCEPTED
KEEPS = ""

TEXT, NUMBER, NULL = {"type": "string"}, {"type": "number"}, {"type": "null"}
UUID = {"type": "string", "format": "uuid"}


def of(**properties: Any) -> Object:
    """A closed object, whose properties ending in an underscore are required."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name.strip("_"): it for name, it in properties.items()},
        "required": [name.strip("_") for name in properties if name.endswith("_")],
    }


def either(*schemas: Object) -> Object:
    return {"anyOf": list(schemas)}


def ref(name: str) -> Object:
    return {"$ref": f"#/$defs/{name}"}


A, B = {"title": "A", **of(a_=TEXT)}, {"title": "B", **of(b_=TEXT)}

CHANGES: dict[str, tuple[Object, Object, str, str]] = {
    # the old schema, the new one, what breaks when we send it, what breaks when we accept it
    "nothing": (of(a_=TEXT), of(a_=TEXT), KEEPS, KEEPS),
    "other words": (TEXT, {**TEXT, "title": "T", "description": "d", "examples": ["e"]}, KEEPS, KEEPS),
    "a property more": (of(a=TEXT), of(a=TEXT, b=TEXT), KEEPS, KEEPS),
    "a required property more": (of(a=TEXT), of(a=TEXT, b_=TEXT), KEEPS, "property b is now required"),
    "a property less": (of(a=TEXT, b=TEXT), of(a=TEXT), "property b is gone", "property b is gone"),
    "a required property less": (of(a_=TEXT, b=TEXT), of(b=TEXT), "property a is gone", "property a is gone"),
    "required to optional": (of(a_=TEXT), of(a=TEXT), "property a is no longer required", KEEPS),
    "required to optional and deprecated": (of(a_=TEXT), of(a={**TEXT, "deprecated": True}), KEEPS, KEEPS),
    "optional to required": (of(a=TEXT), of(a_=TEXT), KEEPS, "property a is now required"),
    "closed to open": (of(a=TEXT), of(a=TEXT) | {"additionalProperties": True}, KEEPS, KEEPS),
    "open to closed": ({"type": "object"}, of(), KEEPS, "further properties are gone"),
    "another type": (TEXT, NUMBER, "number is new", "string is gone"),
    "one type more": (TEXT, {"type": ["string", "boolean"]}, "boolean is new", KEEPS),
    "one type less": (either(TEXT, NUMBER), NUMBER, KEEPS, "string is gone"),
    "any to text": ({}, TEXT, KEEPS, "type array|boolean|integer|null|number|object|string is now string"),
    "integer to number": ({"type": "integer"}, NUMBER, "type integer is now number", KEEPS),
    "nullable": (UUID, either(UUID, NULL), "null is new", KEEPS),
    "no longer nullable": (either(UUID, NULL), UUID, KEEPS, "null is gone"),
    "a word more": ({"enum": ["a"]}, {"enum": ["a", "b"]}, '"b" is new', KEEPS),
    "a word less": ({"enum": ["a", "b"]}, {"enum": ["a"]}, KEEPS, '"b" is gone'),
    "words to text": ({"enum": ["a"]}, TEXT, "the list of values has changed", KEEPS),
    "text to words": (TEXT, {"enum": ["a"]}, KEEPS, "the list of values has changed"),
    "another constant": ({"const": 1}, {"const": 2}, "2 is new", "1 is gone"),
    "one is not true": ({"enum": [1]}, {"enum": [True]}, "boolean is new", "integer is gone"),
    "another format": (
        UUID,
        {**UUID, "format": "uri"},
        'format "uuid" is now "uri"',
        'format "uuid" is now "uri"',
    ),
    "a format less": (UUID, TEXT, 'format "uuid" is now null', KEEPS),
    "a format more": (TEXT, UUID, KEEPS, 'format null is now "uuid"'),
    "a member forbidden": (TEXT, TEXT | {"not": {"required": ["a"]}}, KEEPS, "not null is now"),
    "a member allowed again": (TEXT | {"not": {"required": ["a"]}}, TEXT, "is now null", KEEPS),
    "another pattern": (
        {**TEXT, "pattern": "a"},
        {**TEXT, "pattern": "b"},
        'pattern "a" is now "b"',
        'pattern "a" is now "b"',
    ),
    "a wider pattern": (
        {**TEXT, "pattern": "^[a-c]{2,3}$"},
        {**TEXT, "pattern": "^[a-z]{1,3}$"},
        "is now",
        KEEPS,
    ),
    "a lower least": ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 0}, "minimum 1 is now 0", KEEPS),
    "a higher least": ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 2}, KEEPS, "minimum 1 is now 2"),
    "a longer most": ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 6}, "maxLength 5 is now 6", KEEPS),
    "a shorter most": ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 4}, KEEPS, "maxLength 5 is now 4"),
    "no most any more": ({**TEXT, "maxLength": 5}, TEXT, "maxLength 5 is now null", KEEPS),
    "a most at last": (TEXT, {**TEXT, "maxLength": 5}, KEEPS, "maxLength null is now 5"),
    "another default": (
        {**TEXT, "default": "a"},
        {**TEXT, "default": "b"},
        KEEPS,
        'default "a" is now "b"',
    ),
    "other items": ({"type": "array", "items": UUID}, {"type": "array", "items": TEXT}, "format", KEEPS),
    "other entries of a map": (
        {"type": "object", "additionalProperties": NUMBER},
        {"type": "object", "additionalProperties": TEXT},
        "string is new",
        "number is gone",
    ),
    "a map of anything": (
        {"type": "object", "additionalProperties": NUMBER},
        {"type": "object"},
        "is now",
        KEEPS,
    ),
    "deep inside": (
        of(a=of(b=either(of(c=UUID), NULL))),
        of(a=of(b=either(of(c=TEXT), NULL))),
        "format",
        KEEPS,
    ),
    "unions in another order": (either(A, B), either(B, A), KEEPS, KEEPS),
    "an unnamed member of a union changes": (
        either(A, B),
        either(of(a=TEXT), B),
        "property a is no longer required",
        KEEPS,
    ),
    "a named member of a union changes, though another takes all": (
        {**either(ref("A"), ref("Any")), "$defs": {"A": A, "Any": {"type": "object"}}},
        {**either(ref("A"), ref("Any")), "$defs": {"A": of(), "Any": {"type": "object"}}},
        "property a is gone",
        "property a is gone",
    ),
    "a name changes, what it says stays": (
        {**of(a=ref("A")), "$defs": {"A": A}},
        {**of(a=ref("B")), "$defs": {"B": A}},
        KEEPS,
        KEEPS,
    ),
    "a keyword the comparer does not know": (TEXT, {**TEXT, "if": {"const": "a"}}, "if null", "if null"),
}


def breaks(old: Object, new: Object, direction: Direction) -> str:
    found = schema.breaks(Place.top("d.json", old), Place.top("d.json", new), direction)
    return "\n".join(str(it) for it in found)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("direction", Direction)
def test_a_change_of_a_schema_breaks_this_and_nothing_else(change: str, direction: Direction) -> None:
    old, new, *expected = CHANGES[change]
    said = breaks(old, new, direction)
    wanted = expected[0] if direction is SENT else expected[1]
    assert wanted in said
    assert len(said.splitlines()) == bool(wanted), said


def test_a_break_names_document_place_change_and_who_suffers() -> None:
    old, new = of(**{"a/b": of(c_=TEXT)}), of(**{"a/b": of(c=TEXT)})
    assert breaks(old, new, SENT) == (
        "d.json#/properties/a~1b/properties/c: property c is no longer required: "
        "consumers that count on it may miss it"
    )


def test_a_schema_that_holds_itself_ends_and_shows_its_break_once() -> None:
    def tree(leaf: Object) -> Object:
        knot = of(value=leaf, left=either(ref("Knot"), NULL), all={"type": "array", "items": ref("Knot")})
        return {**ref("Knot"), "$defs": {"Knot": knot}} | of(root=ref("Knot"))

    assert breaks(tree(UUID), tree(UUID), SENT) == ""
    said = breaks(tree(UUID), tree(TEXT), SENT)
    assert set(said.splitlines()) == {said.splitlines()[0]}
    assert said.startswith("d.json#/$defs/Knot/properties/value: format")


HELD = {"dependentRequired": {"value": ["unit"]}}
READING = {**of(value=NUMBER, unit=TEXT), "title": "Reading"}


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("Reading", READING, READING | HELD, KEEPS),
        ("Another", READING, READING | HELD, "dependentRequired null is now"),
        ("Reading", READING | HELD, READING | {"dependentRequired": {"value": ["scale"]}}, "is now"),
        ("Reading", READING | HELD, READING | HELD | {"if": {"required": ["value"]}}, "if null is now"),
    ],
)
def test_what_callers_were_held_to_may_be_stated_once(name: str, old: Object, new: Object, said: str) -> None:
    def placed(one: Object) -> Place:
        return Place.top("d.json", {"components": {"schemas": {name: one}}}).at("components", "schemas", name)

    found = [str(it) for it in schema.breaks(placed(old), placed(new), ACCEPTED)]
    assert len(found) == bool(said)
    assert said in "".join(found)
