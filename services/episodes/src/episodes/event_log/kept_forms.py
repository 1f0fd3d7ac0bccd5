"""Reads from stored events what deciding needs of them (`domain/deciding.py`), and builds nothing else.

Made of the forms in which events are read whole: what only documents show is passed over, and an id that was
read before is the same object again, because the headers of an episode repeat most of theirs.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from episodes.domain.deciding import SHOWN_OF_HEADERS, shown_only
from episodes.domain.event import Actor, EventMetadata

IDS_KEPT = 65_536
"""How many ids are kept to be used again, in some 15 MB. More of them take their room once for each event."""


def header_reader() -> SchemaValidator:
    """Reads headers, without the ids and words that only documents show."""
    schema = deepcopy(TypeAdapter(EventMetadata).core_schema)
    once = lru_cache(IDS_KEPT)(UUID)
    actor_once = lru_cache(IDS_KEPT)(_the_same)
    for field in _fields_of(EventMetadata, schema):
        if field["name"] in SHOWN_OF_HEADERS:
            field["schema"] = _passed_over(SHOWN_OF_HEADERS[field["name"]])
        elif field["name"] == "actor":
            field["schema"] = core_schema.no_info_after_validator_function(actor_once, field["schema"])
        elif field["name"] != "event_id":
            field["schema"] = _with_ids_read_by(once, field["schema"])
    return SchemaValidator(schema)


def payload_reader(payload: TypeAdapter[Any], fact: type[Any]) -> SchemaValidator:
    """Reads payloads with a fact of this kind, without the fields of it that only documents show."""
    schema = deepcopy(payload.core_schema)
    kind: Any = fact
    shown: Mapping[str, Any] = shown_only(kind)
    for field in _fields_of(fact, schema):
        if field["name"] in shown:
            field["schema"] = _passed_over(shown[field["name"]])
    return SchemaValidator(schema)


def _fields_of(cls: type[Any], schema: Any) -> list[Any]:
    """The fields of a dataclass, wherever its schema stands in another."""
    found: list[Any] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") == "dataclass" and part["cls"] is cls:
                found.extend(part["schema"]["fields"])
                return
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(schema)
    return found


def _passed_over(default: Any) -> CoreSchema:
    """Takes the default, whatever is there."""
    plain = core_schema.no_info_plain_validator_function(lambda _: default)
    return core_schema.with_default_schema(plain, default=default)


def _with_ids_read_by(once: Callable[[str], UUID], schema: Any) -> Any:
    if isinstance(schema, dict):
        if schema.get("type") == "uuid":
            return core_schema.no_info_after_validator_function(once, core_schema.str_schema())
        return {name: _with_ids_read_by(once, part) for name, part in schema.items()}
    return schema


def _the_same(actor: Actor) -> Actor:
    return actor
