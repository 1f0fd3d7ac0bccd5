"""The service's own keys: files of one directory, readable by the service alone, created at first start.

master   wraps the clients' data keys: losing it loses every record, so back it up separately
mac      authenticates requests for idempotency
refs     hashes callers' own ids; the key of the feed's positions is derived from it
"""

import hmac
import os
from collections.abc import Callable
from hashlib import sha256, sha512
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from care_platform.key_files import SIZE, read_key, read_or_make_key
from episodes.event_log.codec import DataKey

_NONCE = 12


class Keyring:
    """Wraps and unwraps data keys; authenticates requests; hashes references."""

    def __init__(
        self, master: bytes, macs: dict[int, bytes], refs: bytes, random_id: Callable[[], UUID]
    ) -> None:
        self._master = AESGCM(master)
        self._macs = {number: hmac.new(key, digestmod=sha256) for number, key in macs.items()}
        self._newest = max(macs)
        self._refs = refs
        self._random_id = random_id

    def data_key(self, network: str, client: UUID) -> tuple[DataKey, bytes]:
        """A new data key for a client, and its wrapped form for the store."""
        identifier, secret, nonce = self._random_id(), os.urandom(SIZE), os.urandom(_NONCE)
        wrapped = nonce + self._master.encrypt(nonce, secret, _bound_to(network, client, identifier))
        return DataKey(identifier, AESGCM(secret)), wrapped

    def unwrap(self, network: str, client: UUID, identifier: UUID, wrapped: bytes | None) -> DataKey:
        """The data key, without cipher if it was destroyed. Raises `InvalidTag` for another master key."""
        if wrapped is None:
            return DataKey(identifier, None)
        secret = self._master.decrypt(
            wrapped[:_NONCE], wrapped[_NONCE:], _bound_to(network, client, identifier)
        )
        return DataKey(identifier, AESGCM(secret))

    def mac(self, request: bytes, like: bytes | None = None) -> bytes:
        """The authenticator of a request, after its key's number: of the newest key, or that of `like`."""
        number = self._newest if like is None else like[0]
        authenticator = self._macs[number].copy()
        authenticator.update(request)
        return bytes([number]) + authenticator.digest()

    @property
    def feed_key(self) -> bytes:
        """The key for positions of the feed, made from that of references, which never changes."""
        return hmac.digest(self._refs, b"feed positions", sha512)

    def reference(self, network: str, system: str, value: str, partner: UUID | None = None) -> bytes:
        """The hash of a caller's own id of a record. Each partner has a name space of its own."""
        parts = (network, system, value) if partner is None else (network, system, value, str(partner))
        return hmac.digest(self._refs, "\x00".join(parts).encode(), sha256)


def keyring(directory: Path, random_id: Callable[[], UUID], may_create: bool = True) -> Keyring:
    """The keys in `directory`. The first start creates them."""
    macs = {number: key for number in range(1, 256) if (key := read_key(directory / f"mac.{number}.key"))}
    return Keyring(
        read_or_make_key(directory / "master.key", may_create),
        macs or {1: read_or_make_key(directory / "mac.1.key", may_create)},
        read_or_make_key(directory / "refs.key", may_create),
        random_id,
    )


def _bound_to(network: str, client: UUID, key: UUID) -> bytes:
    return f"{network}|{client}|{key}".encode()
