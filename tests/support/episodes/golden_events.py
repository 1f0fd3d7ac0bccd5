"""The golden files as stored bytes, built without the code under test."""

import json
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent

from episodes.event_log.codec import DataKey
from tests.support.episodes.corpus import GOLDEN

KEY = DataKey(UUID("0c000000-0000-4000-8000-0000000000ff"), AESGCM(bytes(range(32))))


KEYS = {KEY.id: KEY}


NONCE = bytes(range(12))


def golden(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return document


def sealed(document: dict[str, Any]) -> StoredEvent:
    """A golden event as stored, in format 1, built without the code under test."""
    header = document["header"]
    clear = json.dumps(header, separators=(",", ":")).encode()
    place = [header[name] for name in ("event_id", "episode_id", "version", "type", "key_id")]
    bound = "|".join(str(part) for part in place).encode()
    payload = json.dumps(document["payload"], ensure_ascii=False, separators=(",", ":")).encode()
    assert KEY.cipher is not None
    parts = (b"\x01", len(clear).to_bytes(4, "big"), clear, NONCE, KEY.cipher.encrypt(NONCE, payload, bound))
    return StoredEvent(UUID(header["episode_id"]), header["version"], header["type"], b"".join(parts))
