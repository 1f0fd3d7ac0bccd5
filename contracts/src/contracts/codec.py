"""CloudEvents on the wire: binary mode on Kafka, JSON batch on the feed; the same event either way.

The relay writes thousands of events a second, so writing works on plain strings and bytes (`CloudEvent`);
reading gives the typed `PublishedEvent`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from contracts.envelope import PublishedEvent, Unreadable, data_model
from contracts.events import Redacted
from contracts.former_names import FORMER, PADDED, by_todays_names, under_both

_INTEGERS = ("publishednumber", "sequence", "version")
_DATA_TYPE = "application/json"
_PREFIX = "ce_"
_KNOWN = ("specversion", *PublishedEvent.model_fields.keys() - {"data"}, *FORMER.values())
_ATTRIBUTE_OF = {_PREFIX + name: name for name in _KNOWN}


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event ready for the wire: its attributes as text, its data as a JSON document."""

    attributes: Mapping[str, str]
    data: bytes


def to_kafka(event: CloudEvent) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key (the episode id, so that an episode stays in order), value and headers of one record."""
    attributes = under_both(event.attributes)
    attributes["sequence"] = attributes["sequence"].zfill(PADDED)
    headers = [(_PREFIX + name, value.encode()) for name, value in attributes.items()]
    headers += [("ce_specversion", b"1.0"), ("content-type", _DATA_TYPE.encode())]
    return event.attributes["subject"].encode(), event.data, headers


def from_kafka(
    key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
) -> PublishedEvent:
    """Read one record. Raises `Unreadable`, with a reason that quotes nothing of the message."""
    attributes = _attributes(headers)
    if key is None or key.decode(errors="replace") != attributes.get("subject"):
        raise Unreadable("the key is not the episode id")
    return _read(attributes, _json(value or b""))


def to_batch(events: Iterable[CloudEvent]) -> str:
    """A CloudEvents JSON batch, as text."""
    return "[" + ",".join(to_json(event) for event in events) + "]"


def from_json(document: object) -> PublishedEvent:
    """Read one event of a batch. Raises `Unreadable`."""
    if not isinstance(document, dict):
        raise Unreadable("the event is not a JSON object")
    attributes = dict(document)
    return _read(attributes, attributes.pop("data", None))


def to_json(event: CloudEvent) -> str:
    """One event of a CloudEvents JSON batch, as text."""
    attributes: dict[str, str | int] = {"specversion": "1.0", "datacontenttype": _DATA_TYPE}
    attributes.update(under_both(event.attributes))
    for name in _INTEGERS:
        attributes[name] = int(attributes[name])
    head = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    return f'{head[:-1]},"data":{event.data.decode()}}}'


def _attributes(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """The attributes that this version knows; any other header may say what it likes."""
    attributes: dict[str, str] = {}
    for header, value in headers:
        name = _ATTRIBUTE_OF.get(header)
        if name in attributes:
            raise Unreadable("a header is given twice")
        if name is not None:
            attributes[name] = _text(value)
    return attributes


def _text(value: bytes | None) -> str:
    """Kafka allows a header without a value; CloudEvents does not."""
    if value is None:
        raise Unreadable("a header has no value")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Unreadable("a header is not UTF-8") from None


def _json(value: bytes) -> object:
    try:
        return json.loads(value, object_pairs_hook=_once)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("the data is not JSON") from None


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(members)
    if len(document) < len(members):
        raise Unreadable("the data says a member twice")
    return document


def _read(attributes: Mapping[str, Any], data: object) -> PublishedEvent:
    if attributes.get("specversion") != "1.0":
        raise Unreadable("not a CloudEvents 1.0 event")
    model = data_model(str(attributes.get("type")))
    form = Redacted if isinstance(data, dict) and "redacted" in data else model
    try:
        typed = form.model_validate(data)
        return PublishedEvent.model_validate({**by_todays_names(attributes), "data": typed})
    except ValidationError as error:
        fields = sorted({".".join(str(part) for part in fault["loc"]) for fault in error.errors()})
        raise Unreadable("missing or malformed: " + ", ".join(fields)) from None
