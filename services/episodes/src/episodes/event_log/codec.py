"""Facts to stored events and back: metadata in clear, the payload encrypted with the client's data key."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Generic, TypeVar, get_type_hints
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator
from typing_extensions import TypedDict

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.deciding import read_whole, with_header_for_deciding
from episodes.domain.event import EventMetadata, RecordedEvent, Redacted
from episodes.domain.field_rules import Line, Without
from episodes.domain.step import UNCHANGEABLE
from episodes.domain.vocabulary import STEPS
from episodes.event_log.kept_forms import header_reader, payload_reader
from episodes.event_log.stored_form import Damaged, FromLaterRelease, Parts, joined, joined_with_salt, parts

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class DataKey:
    """A client's data key. Destroying it erases the client; `cipher` is then None."""

    id: UUID
    cipher: AESGCM | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """The caller's own id of a record: sealed, found again by a keyed hash."""

    system: Annotated[Line, Without("|")]
    """The name of the system that gave the id, without `|`, which ends it where both are written together."""
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
_WHOLLY: Mapping[str, Any] = {name: payload.validator for name, payload in _PAYLOADS.items()}
_KEPT_HEADER = header_reader()
_KEPT_PAYLOADS: Mapping[str, Any] = {
    step.name: _WHOLLY[step.name]
    if read_whole(step.fact)
    else payload_reader(_PAYLOADS[step.name], step.fact)
    for step in STEPS
}
_AMENDABLE = [step for step in STEPS if step.amended != UNCHANGEABLE]
_WHOLE: Mapping[str, TypeAdapter[Any]] = {step.name: TypeAdapter(step.fact) for step in _AMENDABLE}
_PARTS: Mapping[str, TypeAdapter[Any]] = {step.name: TypeAdapter(_parts_of(step.fact)) for step in _AMENDABLE}


def encode(
    metadata: EventMetadata,
    fact: Any,
    beside: Annotations,
    key: DataKey,
    nonce: bytes,
    salt: bytes | None = None,
) -> StoredEvent:
    """The stored form of an event: format 2 with a salt, format 1 without."""
    if key.cipher is None:
        raise ValueError("an erased client's key cannot seal")
    header = _HEADER.serializer.to_json(metadata, exclude_none=True)
    payload = _PAYLOADS[metadata.type].serializer.to_json(Payload(fact, beside), exclude_none=True)
    if salt is None:
        state = joined(header, payload, _ids_of(metadata), key.cipher, nonce)
    else:
        state = joined_with_salt(header, payload, key.cipher, nonce, salt)
    return StoredEvent(metadata.episode_id, metadata.version, metadata.type, state)


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """A stored event whose metadata is read and whose payload is not yet decrypted."""

    metadata: EventMetadata
    parts: Parts


def parse(event: StoredEvent, header: SchemaValidator = _HEADER.validator) -> SealedEvent:  # type: ignore[assignment] # it is one
    """Read the metadata, which must be that of the row it stands in. Unknown fields are ignored: history is
    not validated again. Raises `Damaged`."""
    stored = parts(event.state)
    try:
        metadata = header.validate_json(stored.header)
    except ValidationError:
        raise Damaged("the header of a stored event cannot be read") from None
    row = (event.originator_id, event.originator_version, event.topic)
    if row != (metadata.episode_id, metadata.version, metadata.type):
        raise Damaged(f"event {metadata.event_id} stands in a row that is not its own")
    return SealedEvent(metadata, stored)


def decrypt(
    event: SealedEvent, keys: Mapping[UUID, DataKey], payloads: Mapping[str, SchemaValidator] = _WHOLLY
) -> RecordedEvent[Any]:
    """The event as recorded. `Redacted` stands for a fact whose key was destroyed.

    Raises `Damaged`, even if only the key is missing from `keys`: an erasure is a key that exists and is
    destroyed, and a missing key does not prove one. Raises `FromLaterRelease` for what is sealed as it should
    be and this release has no form for.
    """
    metadata = event.metadata
    key = keys.get(metadata.key_id)
    if key is None:
        raise Damaged(f"event {metadata.event_id} is sealed with a key that is not found")
    if key.cipher is None:
        return RecordedEvent(metadata, Redacted())
    try:
        clear = event.parts.payload(key.cipher, event.parts.bound or _ids_of(metadata))
    except InvalidTag:
        raise Damaged(f"event {metadata.event_id} does not match its seal") from None
    try:
        payload = payloads[metadata.type].validate_json(clear)
        return RecordedEvent(metadata, _typed(payload.fact), payload.beside.labels)
    except (KeyError, ValidationError):
        raise FromLaterRelease(metadata.event_id) from None


def _typed(fact: Any) -> Any:
    """Read the payload within an amendment as the kind that `of` names. Raises `KeyError` for one that this
    release does not know, and `ValidationError`."""
    match fact:
        case EntryCorrected(of=of, replacement=whole):
            return replace(fact, replacement=_WHOLE[of].validate_python(whole))
        case EntryAddedTo(of=of, added=parts):
            return replace(fact, added=_PARTS[of].validate_python(parts))
        case _:
            return fact


def fact_to_json(name: str, fact: Any) -> bytes:
    """A fact alone, of the kind that is called so, in the form of its payload."""
    return _PAYLOADS[name].serializer.to_json(Payload(fact, Annotations()), exclude_none=True)


def fact_from_json(name: str, fact: bytes) -> Any:
    """The same fact."""
    return _typed(_WHOLLY[name].validate_json(fact).fact)


def metadata_of(event: StoredEvent) -> EventMetadata:
    return parse(event).metadata


def decode(event: StoredEvent, keys: Mapping[UUID, DataKey]) -> RecordedEvent[Any]:
    return decrypt(parse(event), keys)


def decode_for_deciding(event: StoredEvent, keys: Mapping[UUID, DataKey]) -> RecordedEvent[Any]:
    """The event as far as deciding needs it. All of it is unsealed; its place and seal are checked."""
    return with_header_for_deciding(decrypt(parse(event, _KEPT_HEADER), keys, _KEPT_PAYLOADS))


def _ids_of(metadata: EventMetadata) -> bytes:
    """What a payload of format 1 is bound to, so that it cannot be moved to another event."""
    return "|".join(
        (
            str(metadata.event_id),
            str(metadata.episode_id),
            str(metadata.version),
            metadata.type,
            str(metadata.key_id),
        )
    ).encode()
