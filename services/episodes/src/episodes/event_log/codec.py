"""Facts to stored events and back: metadata in the clear, the payload encrypted with the client's data key.

Stored form, by format byte: 1 = header length (4 bytes, big endian), header (UTF-8 JSON), nonce (12 bytes),
AES-256-GCM ciphertext. The header begins with the event id, at a fixed place that an index relies on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.event import EventMetadata, FromLaterRelease, RecordedEvent, Redacted
from episodes.domain.field_rules import Line
from episodes.domain.step import UNCHANGEABLE
from episodes.domain.vocabulary import STEPS

F = TypeVar("F")

FORMAT = b"\x01"
_LENGTH = 4
_NONCE = 12
_HEAD = len(FORMAT) + _LENGTH


class Damaged(Exception):
    """A stored event that cannot be what we wrote (wrong format, altered), or whose key is not found."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A client's data key. Destroying it erases the client; `cipher` is then None."""

    id: UUID
    cipher: AESGCM | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """The caller's own id of a record: sealed, found again by a keyed hash."""

    system: Line
    """The name of the system that gave the id."""
    value: Line
    """The id of the record in that system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What any event may have in its payload beside the fact."""

    labels: tuple[str, ...] = ()
    source_ref: SourceRef | None = None


@dataclass(frozen=True, slots=True)
class Payload(Generic[F]):
    """The part of an event that is encrypted."""

    fact: F
    beside: Annotations


def _payload_of(fact: Any) -> Any:
    return Payload[fact]


def _parts_of(fact: type[Any]) -> Any:
    """The type for some of the fields of a fact, as in an addition."""
    hints = get_type_hints(fact, include_extras=True)
    names = {field.name: hints[field.name] for field in fields(fact)}
    return TypedDict(f"{fact.__name__}Parts", names, total=False)  # type: ignore[operator] # built from a list


_HEADER = TypeAdapter(EventMetadata)
_PAYLOADS: Mapping[str, TypeAdapter[Payload[Any]]] = {
    step.name: TypeAdapter(_payload_of(step.fact)) for step in STEPS
}
_AMENDABLE = [step for step in STEPS if step.amended != UNCHANGEABLE]
_WHOLE: Mapping[str, TypeAdapter[Any]] = {step.name: TypeAdapter(step.fact) for step in _AMENDABLE}
_PARTS: Mapping[str, TypeAdapter[Any]] = {step.name: TypeAdapter(_parts_of(step.fact)) for step in _AMENDABLE}


def encode(
    metadata: EventMetadata, fact: Any, beside: Annotations, key: DataKey, nonce: bytes
) -> StoredEvent:
    """The stored form of an event."""
    if key.cipher is None:
        raise ValueError("an erased client's key cannot seal")
    clear = _HEADER.serializer.to_json(metadata, exclude_none=True)
    payload = _PAYLOADS[metadata.type].serializer.to_json(Payload(fact, beside), exclude_none=True)
    parse = key.cipher.encrypt(nonce, payload, _bound_to(metadata))
    state = b"".join((FORMAT, len(clear).to_bytes(_LENGTH, "big"), clear, nonce, parse))
    return StoredEvent(metadata.episode_id, metadata.version, metadata.type, state)


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """A stored event whose metadata is read and whose payload is not yet decrypted."""

    metadata: EventMetadata
    nonce: bytes
    payload: bytes


def parse(state: bytes) -> SealedEvent:
    """Read the metadata. Unknown fields are ignored: history is not validated again. Raises `Damaged`."""
    clear, nonce, payload = _split(state)
    try:
        return SealedEvent(_HEADER.validator.validate_json(clear), nonce, payload)
    except ValidationError:
        raise Damaged("the header of a stored event cannot be read") from None


def decrypt(event: SealedEvent, keys: Mapping[UUID, DataKey]) -> RecordedEvent[Any]:
    """The event as recorded. `Redacted` stands for a fact whose key was destroyed, `FromLaterRelease` for one
    of a type that this release does not know.

    Raises `Damaged`, even if only the key is missing from `keys`: an erasure is a key that exists and is
    destroyed, and a missing key does not prove one.
    """
    metadata = event.metadata
    key, form = keys.get(metadata.key_id), _PAYLOADS.get(metadata.type)
    if key is None:
        raise Damaged(f"event {metadata.event_id} is sealed with a key that is not found")
    if key.cipher is None:
        return RecordedEvent(metadata, Redacted())
    if form is None:
        return RecordedEvent(metadata, FromLaterRelease())
    try:
        payload = form.validator.validate_json(
            key.cipher.decrypt(event.nonce, event.payload, _bound_to(metadata))
        )
    except InvalidTag:
        raise Damaged(f"event {metadata.event_id} does not match its seal") from None
    return RecordedEvent(metadata, _typed(payload.fact), payload.beside.labels)


def _typed(fact: Any) -> Any:
    """Read the payload within an amendment as the kind that `of` names, if this release knows it."""
    match fact:
        case EntryCorrected(of=of, replacement=whole):
            if of not in _WHOLE:
                return FromLaterRelease()
            return replace(fact, replacement=_WHOLE[of].validate_python(whole))
        case EntryAddedTo(of=of, added=parts):
            if of not in _PARTS:
                return FromLaterRelease()
            return replace(fact, added=_PARTS[of].validate_python(parts))
        case _:
            return fact


def metadata_of(state: bytes) -> EventMetadata:
    return parse(state).metadata


def decode(state: bytes, keys: Mapping[UUID, DataKey]) -> RecordedEvent[Any]:
    return decrypt(parse(state), keys)


def _split(state: bytes) -> tuple[bytes, bytes, bytes]:
    if state[:1] != FORMAT:
        raise Damaged("unknown format of a stored event")
    end = _HEAD + int.from_bytes(state[1:_HEAD], "big")
    return state[_HEAD:end], state[end : end + _NONCE], state[end + _NONCE :]


def _bound_to(metadata: EventMetadata) -> bytes:
    """Authenticated with the payload, so that it cannot be moved to another event."""
    return "|".join(
        (
            str(metadata.event_id),
            str(metadata.episode_id),
            str(metadata.version),
            metadata.type,
            str(metadata.key_id),
        )
    ).encode()
