"""What the fields of an object must be together: the schema states what the edge refuses, nothing else."""

import json
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import combinations
from typing import Any, get_args, get_type_hints

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from episodes.api.app import create_app
from episodes.domain import values
from episodes.domain.codes import OTHER
from episodes.domain.field_relations import Needs, Related, schema_of
from episodes.domain.field_rules import CodeList
from episodes.recording.strict_models import strict

RELATED: list[type[Related]] = [
    it
    for it in vars(values).values()
    if isinstance(it, type) and issubclass(it, Related) and it.relations and it is not values.Coded
]
"""`Coded` itself is read with the codes of a list; those that derive from it have theirs."""
SITE = {"code": "neck"}
GIVEN: dict[str, Any] = {
    "value": 0.0,
    "unit": "cm",
    "scale": "VAS",
    "finding": "normal",
    "absent_reason": "masked",
    "answer": 0.0,
    "text": "words",
    "reported_change": {"percent": 3.0},
    "amount": 1.0,
    "least": 1.0,
    "most": 2.0,
    "percent": 3.0,
    "direction": "up",
    "items": [{"item": 1, "answer": 2.0}],
    "reported_score": 1.0,
}
REQUIRED: dict[str, Any] = {
    "measure": {"code": "pain"},
    "item": 1,
    "instrument": {"code": "oswestry"},
    "site": SITE,
    "answer": "absent",
}


@cache
def document() -> dict[str, Any]:
    return create_app().openapi()


def bodies(cls: Any) -> Iterator[dict[str, Any]]:
    """With each choice of the fields that are related; those that are required have a value."""
    related: set[str] = set()
    for relation in cls.relations:
        related |= {relation.name, relation.other} if isinstance(relation, Needs) else {*relation.names}
    free = sorted(related - {"code"})
    hints = get_type_hints(cls, include_extras=True)
    needed = {it.name: REQUIRED[it.name] for it in fields(cls) if it.name in REQUIRED and it.name not in free}
    codes = [it for it in get_args(hints.get("code")) if isinstance(it, CodeList)]
    for number in range(len(free) + 1):
        for chosen in combinations(free, number):
            body = needed | {name: GIVEN[name] for name in chosen}
            yield from ({**body, "code": code} for code in (OTHER, min(codes[0].codes))) if codes else [body]


def accepted(form: TypeAdapter[Any], body: Any) -> bool:
    try:
        form.validate_json(json.dumps(body))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("cls", RELATED, ids=lambda cls: cls.__name__)
def test_the_schema_refuses_what_the_edge_refuses(cls: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{cls.__name__}", "components": document()["components"]}
    stated = jsonschema.Draft202012Validator(schema)
    verdicts = {(stated.is_valid(body), accepted(TypeAdapter(strict(cls)), body)) for body in bodies(cls)}
    assert verdicts == {(True, True), (False, False)}


def test_each_list_of_codes_states_that_other_needs_its_words() -> None:
    schemas = document()["components"]["schemas"]
    coded = {
        name: it
        for name, it in schemas.items()
        if "other" in it.get("properties", {}).get("code", {}).get("enum", ())
    }
    assert {"Technique", "Site", "CodedOfMeasures"} <= coded.keys()
    sent = {name: it for name, it in coded.items() if it["additionalProperties"] is False}
    assert all(it["then"] == {"required": ["text"]} for it in sent.values())


def test_a_class_chooses_once() -> None:
    """Two choices would both be under `if`."""
    of_all: list[type[Related]] = [values.Coded, *RELATED]
    for cls in of_all:
        assert len([it for it in cls.relations if "if" in schema_of([it])]) <= 1, cls
