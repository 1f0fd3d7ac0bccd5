"""Encrypts the stored secrets and challenges of subscriptions: AES-256-GCM with a key from a file."""

import secrets
from pathlib import Path
from typing import Literal
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from care_platform.key_files import read_or_make_key

_KEY_FILE = "subscription-secrets.key"
_NONCE_BYTES = 12
Use = Literal["secret", "challenge"]
log = structlog.get_logger()


class Sealing:
    """What is sealed can be opened for its own subscription and use only.

    In production the key is never made: one that is lost must be restored, for without it every partner would
    have to subscribe anew. Raises what `read_or_make_key` raises.
    """

    def __init__(self, keys_dir: Path, may_create: bool = True) -> None:
        self._aes = AESGCM(read_or_make_key(keys_dir / _KEY_FILE, may_create))

    def seal(self, text: str, network: str, subscription: UUID, use: Use = "secret") -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aes.encrypt(nonce, text.encode(), _bound_to(network, subscription, use))

    def open(self, sealed: bytes, network: str, subscription: UUID, use: Use = "secret") -> str | None:
        """What was sealed. None, with an error in the log, if key, subscription or use are others."""
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._aes.decrypt(nonce, ciphertext, _bound_to(network, subscription, use)).decode()
        except (InvalidTag, ValueError):
            log.error("a secret does not open", network=network, subscription=subscription)
            return None


def _bound_to(network: str, subscription: UUID, use: Use) -> bytes:
    """Secrets were sealed before there were challenges, so their form has no word for the use."""
    place = f"{network}/{subscription}"
    return (place if use == "secret" else f"{place}/{use}").encode()
