"""The service's own keys: files of one directory, readable by the service alone, created at first start.

master   wraps the clients' data keys: losing one that is in use loses records, so back them up separately
mac      authenticates requests for idempotency
refs     hashes callers' own ids; the key of the feed's positions is derived from it

Master keys have numbers, and so have those of mac: a new one is added beside the old (docs/keys.md).
"""

import hmac
import os
from collections.abc import Callable
from hashlib import sha256, sha512
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from care_platform.key_files import SIZE, KeyUnavailable, read_or_make_key
from care_platform.numbered_keys import (
    FIRST,
    KeyInUse,
    NumberedKeys,
    NumberedSeal,
    SealingKey,
    key_file,
    key_of,
    numbers_in,
)
from episodes.event_log.codec import DataKey
from episodes.event_log.stored_form import Damaged

MASTER, MAC = KINDS = ("master", "mac")
"""The kinds of key that have numbers; the first one wraps."""
Macs = NumberedKeys["hmac.HMAC"]


class Keyring:
    """Wraps and unwraps data keys; authenticates requests; hashes references."""

    def __init__(
        self, masters: NumberedKeys[SealingKey], macs: Macs, refs: bytes, random_id: Callable[[], UUID]
    ) -> None:
        self._masters = masters
        self._wrapping = NumberedSeal(masters, SIZE)
        self._macs = macs
        self._newest_mac = max(macs)
        self._refs = refs
        self._random_id = random_id
        self._proven: set[int] = set()  # the numbers of master keys that have opened some client's key

    def data_key(self, network: str, client: UUID, master: KeyInUse = FIRST) -> tuple[DataKey, bytes]:
        """A new data key for a client, and its wrapped form for the store. Raises `KeyUnavailable`."""
        identifier, secret = self._random_id(), os.urandom(SIZE)
        wrapped = self._wrapping.seal(master, secret, bound_to(network, client, identifier))
        return DataKey(identifier, AESGCM(secret)), wrapped

    def unwrap(self, network: str, client: UUID, identifier: UUID, wrapped: bytes | None) -> DataKey:
        """The data key, without cipher if it was destroyed.

        Raises `KeyUnavailable` if its master key is not here, `InvalidTag` if another may be in its place,
        and `Damaged` if it is the right one, as it has opened others.
        """
        if wrapped is None:
            return DataKey(identifier, None)
        number = self._wrapping.number(wrapped)
        try:
            secret = self._wrapping.open(wrapped, bound_to(network, client, identifier))
        except InvalidTag:
            if number in self._proven:
                raise Damaged(f"the key {identifier} of a client does not open") from None
            raise
        self._proven.add(number)
        return DataKey(identifier, AESGCM(secret))

    def refuse_another(self, master: KeyInUse) -> None:
        """Raise `KeyUnavailable` if this master key, which is in use, is not here."""
        key_of(self._masters, master)

    def lacking(self) -> str | None:
        """Which key of mac is not here, for the operator, as far as is known without asking the store.

        Each number was in use before the next one was made, and receipts are kept.
        """
        try:
            for number in range(1, self._newest_mac):
                self._macs[number]
        except KeyUnavailable as missing:
            return str(missing)
        return self._macs.lacking()

    def mac(self, request: bytes, like: bytes | None = None) -> bytes:
        """The authenticator of a request, after its key's number: of the newest key, or that of `like`.

        Raises `KeyUnavailable` if the key of `like` is not here.
        """
        number = self._newest_mac if like is None else like[0]
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
    """The keys in `directory`. The first start creates them; none is made beside later ones of its kind."""
    for kind, first in ((MASTER, 0), (MAC, 1)):
        if not numbers_in(directory, kind):
            read_or_make_key(key_file(directory, kind, first), may_create)
    return Keyring(
        NumberedKeys(directory, MASTER, SealingKey),
        NumberedKeys(directory, MAC, lambda key: hmac.new(key, digestmod=sha256)),
        read_or_make_key(directory / "refs.key", may_create),
        random_id,
    )


def bound_to(network: str, client: UUID, key: UUID) -> bytes:
    """What a wrapped data key is bound to: another client's does not open in its place."""
    return f"{network}|{client}|{key}".encode()
