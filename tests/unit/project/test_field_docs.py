"""Every field that a caller gives or reads is described beneath it, once and in words of its own."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from inspect import get_annotations
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel

from care_platform.field_docs import field_docs
from care_platform.http import operations
from contracts import disclosure, webhook
from contracts.envelope import PublishedEvent
from episodes.directory import models as directory
from episodes.domain.care.openings import Responsibility
from episodes.domain.event import Actor, EventMetadata, RecordedEvent
from episodes.domain.vocabulary import COMMANDS
from episodes.event_log.codec import SourceRef
from episodes.recording.commands import Circumstances
from notifications.http import problems, requests
from notifications.inbox import bodies as inbox
from notifications.inbox.endpoint import InboxPage
from notifications.subscriptions import bodies as subscriptions
from tests.support.servers.discovery import CHECKOUT

BESIDE_FACTS = (Actor, EventMetadata, RecordedEvent, Circumstances, SourceRef, Responsibility)
MODULES_OF_MODELS = (disclosure, webhook, directory, inbox, subscriptions, requests, problems, operations)
FEWEST_WORDS = 3


def _models() -> Iterator[type[BaseModel]]:
    for module in MODULES_OF_MODELS:
        for it in vars(module).values():
            if isinstance(it, type) and issubclass(it, BaseModel) and it.__module__ == module.__name__:
                yield it
    yield from (PublishedEvent, InboxPage)


def _dataclasses_in(hint: Any) -> Iterator[type[Any]]:
    """The dataclass a hint names, or those inside it, each with its bases and with what its fields hold."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield from filter(is_dataclass, hint.__mro__)
        for part in get_type_hints(hint, include_extras=True).values():
            yield from _dataclasses_in(part)
    for part in get_args(hint):
        yield from _dataclasses_in(part)


def _described() -> list[type[Any]]:
    recorded = (*BESIDE_FACTS, *(step.fact for step in COMMANDS))
    found = {*_models(), *(it for cls in recorded for it in _dataclasses_in(cls))}
    return sorted(found, key=lambda cls: (cls.__module__, cls.__name__))


DESCRIBED = _described()


def _name(cls: type[Any]) -> str:
    return cls.__name__


def _fields(cls: type) -> set[str]:
    if issubclass(cls, BaseModel):
        return set(cls.model_fields)
    return {field.name for field in fields(cls)} if is_dataclass(cls) else set()


def _faults(cls: type) -> Iterator[str]:
    """What is wrong with the docstrings beneath a class's own fields; one declared anew is described anew."""
    for name in get_annotations(cls).keys() & _fields(cls):
        words = field_docs(cls).get(name, "")
        if words in ("", *(field_docs(base).get(name) for base in cls.__mro__[1:])):
            yield f"{name}: say beneath it what it means"
        elif not (words[0].isupper() and words.endswith(".")):
            yield f"{name}: begin with a capital letter and end with a full stop"
        elif len(words.split()) < FEWEST_WORDS:
            yield f"{name}: say more than its name"


def test_the_walk_finds_what_facts_and_models_hold() -> None:
    found = set(map(_name, DESCRIBED))
    assert {"SessionDelivered", "SoapNote", "Site", "Plan", "Actor"} <= found
    assert {"ClientIdentity", "Links", "PublishedEvent", "Told", "Live"} <= found


@pytest.mark.parametrize("cls", DESCRIBED, ids=_name)
def test_each_field_is_described_by_the_docstring_beneath_it(cls: type[Any]) -> None:
    assert list(_faults(cls)) == []


@pytest.mark.parametrize("cls", DESCRIBED, ids=_name)
def test_a_class_says_what_it_is(cls: type[Any]) -> None:
    words = cls.__doc__ or ""
    assert "." in words
    assert not words.startswith(f"{cls.__name__}("), "a dataclass without a docstring shows its signature"


@pytest.mark.parametrize("model", list(_models()), ids=_name)
def test_a_schema_says_of_a_field_what_the_code_says(model: type[BaseModel]) -> None:
    properties = model.model_json_schema().get("properties", {})
    said = {name: part.get("description", "").replace("\n", " ") for name, part in properties.items()}
    assert said == {name: field_docs(model)[name] for name in model.model_fields}


@pytest.mark.parametrize("service", ["episodes", "notifications"])
def test_every_part_of_an_interface_is_described(service: str) -> None:
    document = json.loads((CHECKOUT / "contracts" / "openapi" / f"{service}.json").read_text())
    parts: dict[str, dict[str, Any]] = {}
    for name, schema in document["components"]["schemas"].items():
        parts[name] = schema
        parts |= {f"{name}.{field}": it for field, it in schema.get("properties", {}).items()}
    for path, its in document["paths"].items():
        for method, operation in its.items():
            parts[f"{method} {path}"] = operation
            parts |= {f"{method} {path} {it['name']}": it for it in operation.get("parameters", ())}
    assert [name for name, part in parts.items() if not part.get("description")] == []
