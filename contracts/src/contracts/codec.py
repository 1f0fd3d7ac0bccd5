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

_INTEGERS = ("sequence", "version")
_DATA_TYPE = "application/json"
_PREFIX = "ce_"


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event ready for the wire: its attributes as text, its data as a JSON document."""

    attributes: Mapping[str, str]
    data: bytes


def to_kafka(event: CloudEvent) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key (the episode id, so that an episode stays in order), value and headers of one record."""
    headers = [(_PREFIX + name, value.encode()) for name, value in event.attributes.items()]
    headers += [("ce_specversion", b"1.0"), ("content-type", _DATA_TYPE.encode())]
    return event.attributes["subject"].encode(), event.data, headers


def from_kafka(
    key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
) -> PublishedEvent:
    """Read one record. Raises `Unreadable`, with a reason that quotes nothing of the message."""
    attributes = {
        name.removeprefix(_PREFIX): _text(text) for name, text in headers if name.startswith(_PREFIX)
    }
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
    attributes.update(event.attributes)
    for name in _INTEGERS:
        attributes[name] = int(event.attributes[name])
    head = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    return f'{head[:-1]},"data":{event.data.decode()}}}'


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
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Unreadable("the data is not JSON") from None


def _read(attributes: Mapping[str, Any], data: object) -> PublishedEvent:
    if attributes.get("specversion") != "1.0":
        raise Unreadable("not a CloudEvents 1.0 event")
    model = data_model(str(attributes.get("type")))
    redacted = isinstance(data, dict) and data.get("redacted") is True
    try:
        typed = Redacted() if redacted else model.model_validate(data)
        return PublishedEvent.model_validate({**attributes, "data": typed})
    except ValidationError as error:
        fields = sorted({".".join(str(part) for part in fault["loc"]) for fault in error.errors()})
        raise Unreadable("missing or malformed: " + ", ".join(fields)) from None
