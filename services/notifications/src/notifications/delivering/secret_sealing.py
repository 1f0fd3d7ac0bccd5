"""Seals the secrets of subscriptions at rest: AES-256-GCM under a key in a file."""

import os
import secrets
from pathlib import Path
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_FILE = "subscription-secrets.key"
_KEY_BYTES, _NONCE_BYTES = 32, 12
log = structlog.get_logger()


class Sealing:
    """A sealed secret opens for its own subscription only."""

    def __init__(self, keys_dir: Path) -> None:
        self._aes = AESGCM(_load_or_make(keys_dir / _KEY_FILE))

    def seal(self, secret: str, network: str, subscription: UUID) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aes.encrypt(nonce, secret.encode(), _bound_to(network, subscription))

    def open(self, sealed: bytes, network: str, subscription: UUID) -> str | None:
        """None, and an error in the log, when it was not sealed under this key for this subscription."""
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._aes.decrypt(nonce, ciphertext, _bound_to(network, subscription)).decode()
        except (InvalidTag, ValueError):
            log.error("a secret does not open", network=network, subscription=subscription)
            return None


def _bound_to(network: str, subscription: UUID) -> bytes:
    return f"{network}/{subscription}".encode()


def _load_or_make(file: Path) -> bytes:
    """Made complete under another name first, so that two processes starting at once agree on one key."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(secrets.token_bytes(_KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{file} is not a key of {_KEY_BYTES} bytes")
    return key
