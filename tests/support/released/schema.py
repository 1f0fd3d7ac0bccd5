"""Compares two versions of a JSON Schema. The direction decides which must be a subset of the other.

What we send now must be a subset of what was announced; what was accepted must be a subset of what is
accepted now. Any change of an unknown keyword counts as a break, to be on the safe side.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis.strategies import from_regex

from tests.support.released.places import Break, Object, Place


class Direction(Enum):
    """Whether we send the values or accept them."""

    SENT = "sent"
    ACCEPTED = "accepted"


class _Why(NamedTuple):
    wider: str
    gone: str
    required: str


_WHY: Mapping[Direction, _Why] = MappingProxyType(
    {
        Direction.SENT: _Why(
            "consumers may get what they were told cannot come",
            "consumers that read it find nothing",
            "consumers that count on it may miss it",
        ),
        Direction.ACCEPTED: _Why(
            "callers that send what was allowed are refused",
            "callers that send it are refused or not heard",
            "callers that leave it out are refused",
        ),
    }
)
_WORDS = {
    "title",
    "description",
    "example",
    "examples",
    "deprecated",
    "$comment",
    "default",
    "x-enum-varnames",
}
_STRUCTURE = {"type", "anyOf", "oneOf", "enum", "const", "properties", "required", "items"}
_APART = _WORDS | _STRUCTURE | {"additionalProperties", "$defs"}
_AT_LEAST = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_AT_MOST = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_NARROWING = {"pattern", "format", "multipleOf", "uniqueItems", "not"}
_RELATIONS = {"if", "then", "else", "dependentRequired"}
"""What the fields of one object must be together."""
_STATED_LATE = {
    f"/components/schemas/{name}"
    for name in (
        *("Answer", "Condition", "InstrumentResult", "Reading", "ReportedChange"),
        *("ScreeningItem", "Site", "Technique"),
        *(f"CodedOf{name}" for name in ("Techniques", "Measures", "Instruments", "Conditions", "RedFlags")),
        *("CodedOfAdverseKinds", "CodedOfAdvice"),
    )
}
"""The schemas whose relations callers were held to before any document said so: to say so harms nobody.
Once a release has stated them, they are compared like anything else (DECISIONS.md, 91)."""
_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
_ANY = frozenset((*_KINDS.values(), "null"))

Under = frozenset[tuple[str, str]]


def breaks(old: Place, new: Place, direction: Direction, under: Under = frozenset()) -> Iterator[Break]:
    """The breaks between the old schema and the new one. `under` are the pairs compared above this one."""
    pair = (old.pointer, new.pointer)
    if pair in under:
        return
    sent = direction is Direction.SENT
    narrow, wide = (new, old) if sent else (old, new)
    if not sent and "default" in old.value and old.get("default") != new.get("default"):
        change = f"default {_json(old.get('default'))} is now {_json(new.get('default'))}"
        yield old.broken(change, "callers that leave it out say something else")
    for part in _alternatives(narrow):
        candidates = _candidates(part, _alternatives(wide))
        if not candidates:
            yield old.broken(f"{_spoken(part)} {'is new' if sent else 'is gone'}", _WHY[direction].wider)
            continue
        pairs = ((it, part) if sent else (part, it) for it in candidates)
        tried = [list(_of_one(*each, direction, under | {pair})) for each in pairs]
        yield from min(tried, key=len)


def _of_one(old: Place, new: Place, direction: Direction, under: Under) -> Iterator[Break]:
    """The breaks between one alternative and its later version."""
    narrow, wide = (new, old) if direction is Direction.SENT else (old, new)
    why = _WHY[direction]
    late = old.pointer in _STATED_LATE and not _RELATIONS & old.value.keys()
    for keyword in sorted({*old.value, *new.value} - _APART - (_RELATIONS if late else set())):
        if not _within(keyword, _said(narrow, keyword), _said(wide, keyword)):
            change = f"{keyword} {_json(old.get(keyword))} is now {_json(new.get(keyword))}"
            yield old.broken(change, why.wider)
    if not _types(narrow) <= _types(wide):
        yield old.broken(f"type {_spoken(old)} is now {_spoken(new)}", why.wider)
    yield from _of_values(old, new, direction)
    yield from _of_properties(old, new, direction, under)
    yield from _of_the_rest(old, new, direction, under)
    if "items" in old.value or "items" in new.value:
        yield from breaks(old.at("items"), new.at("items"), direction, under)


def _of_values(old: Place, new: Place, direction: Direction) -> Iterator[Break]:
    before, after = _values(old), _values(new)
    narrow, wide = (after, before) if direction is Direction.SENT else (before, after)
    if wide is not None and narrow is None:
        yield old.broken("the list of values has changed", _WHY[direction].wider)
    elif wide is not None and narrow is not None and not narrow <= wide:
        change = "new" if direction is Direction.SENT else "gone"
        yield old.broken(f"{', '.join(sorted(narrow - wide))} is {change}", _WHY[direction].wider)


def _of_properties(old: Place, new: Place, direction: Direction, under: Under) -> Iterator[Break]:
    narrow, wide = (new, old) if direction is Direction.SENT else (old, new)
    before, after = old.at("properties"), new.at("properties")
    for name, place in before.parts():
        if name in after.value:
            yield from breaks(place, after.at(name), direction, under)
        else:
            yield before.broken(f"property {name} is gone", _WHY[direction].gone, name)
    for name in sorted(set(wide.get("required", ())) - set(narrow.get("required", ()))):
        if direction is Direction.ACCEPTED:
            yield after.broken(f"property {name} is now required", _WHY[direction].required, name)
        elif (name in after.value or name not in before.value) and not _deprecated(after, name):
            yield before.broken(f"property {name} is no longer required", _WHY[direction].required, name)


def _deprecated(properties: Place, name: str) -> bool:
    """Clients generated from now on must live without it, while those that are there still get it."""
    return name in properties.value and properties.at(name).get("deprecated") is True


def _of_the_rest(old: Place, new: Place, direction: Direction, under: Under) -> Iterator[Break]:
    """The breaks for unnamed properties. A missing schema allows everything, `false` nothing."""
    name = "additionalProperties"
    before, after = old.get(name, True), new.get(name, True)
    if before is False or (before is True and (after is True or direction is Direction.SENT)):
        return
    if after is False:
        yield old.broken("further properties are gone", _WHY[direction].gone)
        return
    yield from breaks(_schema(old, name), _schema(new, name), direction, under)


def _schema(place: Place, name: str) -> Place:
    """A member that may be a schema, or `true` for any."""
    if isinstance(place.get(name), dict):
        return place.at(name)
    return Place(place.document, place.root, f"{place.pointer}/{name}", {})


def _alternatives(place: Place) -> list[Place]:
    """The alternatives of a schema. A list of types is one alternative for each type."""
    for union in ("anyOf", "oneOf"):
        if union in place.value:
            beside = {name: it for name, it in place.value.items() if name != union}
            each = (place.at(union, number) for number in range(len(place.value[union])))
            return [it for part in each for it in _alternatives(_with(part, beside))]
    if isinstance(place.get("type"), list):
        return [_with(place, {"type": kind}) for kind in place.value["type"]]
    return [place]


def _with(place: Place, more: Object) -> Place:
    return Place(place.document, place.root, place.pointer, {**place.value, **more}, place.named)


def _candidates(part: Place, among: list[Place]) -> list[Place]:
    """The alternatives that may include this one: that of the same name, else those that share a type."""
    named = [it for it in among if part.named and it.named and it.pointer == part.pointer]
    return named or [it for it in among if _types(it) & _types(part)]


def _types(place: Place) -> frozenset[str]:
    values = place.value.get("enum", [place.value["const"]] if "const" in place.value else [])
    kind = place.get("type")
    kinds = {kind} if kind else {_KINDS.get(type(it), "null") for it in values}
    return frozenset(kinds | {"integer"} if "number" in kinds else kinds) or _ANY


def _values(place: Place) -> set[str] | None:
    """The allowed values as JSON, because 1 differs from true. None if any value is allowed."""
    if "const" in place.value:
        return {_json(place.value["const"])}
    return {_json(it) for it in place.value["enum"]} if "enum" in place.value else None


def _within(keyword: str, narrow: Any, wide: Any) -> bool:
    if narrow == wide:
        return True
    if wide is None and keyword in _AT_LEAST | _AT_MOST | _NARROWING:
        return True
    if narrow is None or wide is None:
        return False
    if keyword == "pattern":
        return _matches_no_less(narrow, wide)
    if keyword in _AT_LEAST:
        return bool(narrow >= wide)
    return keyword in _AT_MOST and bool(narrow <= wide)


@cache
def _matches_no_less(narrow: str, wide: str) -> bool:
    """Whether what matches one pattern matches the other, tried on texts made from the first."""

    @settings(max_examples=200, derandomize=True, database=None, deadline=None)
    @given(from_regex(re.compile(narrow, re.ASCII), fullmatch=True))
    def tried(text: str) -> None:
        assert re.search(wide, text) is not None

    try:
        tried()
    except AssertionError:
        return False
    return True


def _said(place: Place, keyword: str) -> Any:
    """What a schema says under a keyword. `double` restricts nothing: it is how JSON's numbers are read."""
    value = place.get(keyword)
    return None if (keyword, value) == ("format", "double") else value


def _spoken(place: Place) -> str:
    name = place.pointer.rpartition("/")[2] if place.named else place.get("type")
    return name or "|".join(sorted(_types(place)))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
