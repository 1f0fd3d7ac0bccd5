"""The published language as JSON Schema (2020-12), generated from the models so that it cannot drift.

The schemas are open: a consumer ignores what it does not know, and an optional field may be added.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, TypeAdapter, create_model

from contracts.disclosure import Decisions, Questions
from contracts.envelope import PublishedEvent
from contracts.events import PUBLISHED, Data, Redacted
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
        "specversion": (Literal["1.0"], ...),
        "type": (Literal[model.type_name], Field(description=said["type"])),
        "datacontenttype": (Literal["application/json"], "application/json"),
        "data": (model | Redacted, Field(description=said["data"])),
    }
    return create_model(model.__name__, __base__=PublishedEvent, **fields).model_json_schema()


def _file(name: str, schema: Mapping[str, Any]) -> tuple[str, str]:
    whole = {"$schema": DIALECT, "$id": f"urn:care:schema:{name}", **schema}
    return f"{name}.json", json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
