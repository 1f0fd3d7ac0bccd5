"""A message as it arrived from Kafka or the feed. It can be read as an event, or kept whole when parked."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from contracts.codec import from_json, from_kafka
from contracts.envelope import PublishedEvent

KAFKA, FEED = "kafka", "feed"


class Message(Protocol):
    """`network` is that of the topic or feed it came from; `place` is its position there."""

    @property
    def network(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def form(self) -> str: ...
    def read(self) -> PublishedEvent:
        """The event in the message. Raises `Unreadable`."""
        ...

    def raw(self) -> bytes:
        """The whole message, for `unpack`. Two copies of a message have the same bytes."""
        ...

    def hints(self) -> tuple[UUID | None, UUID | None]:
        """The ids of event and episode, where they can be read even from an unreadable message."""
        ...


@dataclass(frozen=True, slots=True)
class KafkaMessage:
    """One record of a topic."""

    network: str
    place: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    form = KAFKA

    def read(self) -> PublishedEvent:
        return from_kafka(self.key, self.value, self.headers)

    def raw(self) -> bytes:
        headers = [[name, _text(value)] for name, value in self.headers]
        return json.dumps([_text(self.key), _text(self.value), headers]).encode()

    def hints(self) -> tuple[UUID | None, UUID | None]:
        event = next((value for name, value in self.headers if name == "ce_id"), b"")
        return _uuid(event.decode(errors="replace")), _uuid((self.key or b"").decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """One event of a page of the feed."""

    network: str
    place: str
    document: object
    form = FEED

    def read(self) -> PublishedEvent:
        return from_json(self.document)

    def raw(self) -> bytes:
        return json.dumps(self.document, sort_keys=True).encode()

    def hints(self) -> tuple[UUID | None, UUID | None]:
        attributes = self._attributes()
        return _uuid(attributes.get("id")), _uuid(attributes.get("subject"))

    def numbered(self) -> tuple[int, UUID] | None:
        """The number in its episode and the clinic, if they can be read."""
        attributes = self._attributes()
        number, clinic = attributes.get("publishednumber"), _uuid(attributes.get("clinic"))
        number = attributes.get("sequence") if number is None else number
        return (number, clinic) if isinstance(number, int) and clinic is not None else None

    def _attributes(self) -> dict[str, Any]:
        return self.document if isinstance(self.document, dict) else {}


def unpack(network: str, place: str, form: str, raw: bytes) -> Message:
    """The message that `raw` returned the bytes of."""
    document = json.loads(raw)
    if form == FEED:
        return FeedMessage(network, place, document)
    key, value, headers = document
    pairs = [(name, _bytes(text) or b"") for name, text in headers]
    return KafkaMessage(network, place, _bytes(key), _bytes(value), pairs)


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
