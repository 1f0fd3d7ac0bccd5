"""The published language as JSON Schema (2020-12), generated from the models so that it cannot drift.

The schemas are open: a consumer ignores what it does not know, and an optional field may be added.
"""

import json
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, create_model

from contracts.disclosure import Decisions, Questions
from contracts.envelope import PublishedEvent
from contracts.events import PUBLISHED, Data, Redacted
from contracts.former_names import FORMER
from contracts.webhook import Challenge, Notice, Webhook

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ACCEPTED = frozenset({"disclosure-questions"})
"""The documents of what we are sent; all others are of what we send."""


def documents() -> Iterator[tuple[str, str]]:
    """Each file's name and text: published events, both webhooks, a disclosure question and its answer."""
    for type_name, model in PUBLISHED.items():
        yield _file(type_name, event_schema(model))
    yield _file("webhook", TypeAdapter(Webhook).json_schema())
    yield _file("notice", TypeAdapter(Notice).json_schema())
    yield _file("challenge", TypeAdapter(Challenge).json_schema())
    yield _file("disclosure-questions", TypeAdapter(Questions).json_schema())
    yield _file("disclosure-decisions", TypeAdapter(Decisions).json_schema())


def event_schema(model: type[Data]) -> dict[str, Any]:
    """One published event as CloudEvents JSON: its envelope, and its data or `redacted`."""
    said = {name: field.description for name, field in PublishedEvent.model_fields.items()}
    fields: dict[str, Any] = {
        **envelope_fields(),
        "type": (Literal[model.type_name], Field(description=said["type"])),
        "data": (Redacted | model, Field(description=said["data"], json_schema_extra=_one_of)),
    }
    event: type[BaseModel] = create_model(model.__name__, __doc__=PublishedEvent.__doc__, **fields)
    return event.model_json_schema()


def envelope_fields() -> dict[str, Any]:
    """What an event in JSON is written with, as fields of a model: today's attributes, then those that go."""
    return {
        "specversion": (Literal["1.0"], Field(description="The version of CloudEvents.")),
        "datacontenttype": (Literal["application/json"], Field(description="The media type of `data`.")),
        **{name: (field.annotation, field) for name, field in PublishedEvent.model_fields.items()},
        **{former: _former(name) for name, former in FORMER.items()},
    }


def _former(name: str) -> tuple[Any, Any]:
    field = copy(PublishedEvent.model_fields[name])
    field.description = f"`{name}` by its former name; the next release no longer writes it like this."
    field.deprecated = True
    field.default, field.json_schema_extra = None, _without_default
    return field.annotation, field


def _without_default(schema: dict[str, Any]) -> None:
    """It is never null, and nothing is said to be required that the next release leaves out."""
    schema.pop("default", None)


def _one_of(schema: dict[str, Any]) -> None:
    schema["oneOf"] = schema.pop("anyOf")


def _file(name: str, schema: Mapping[str, Any]) -> tuple[str, str]:
    whole = {"$schema": DIALECT, "$id": f"urn:care:schema:{name}", **schema}
    return f"{name}.json", json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
