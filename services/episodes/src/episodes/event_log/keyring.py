"""The service's own keys: files of one directory, readable by the service alone, made at first start.

master   wraps the clients' data keys        mac   authenticates requests for idempotency
refs     finds a caller's own id again       Losing the master key loses every record: back it up, apart.
"""

import hmac
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from episodes.event_log.codec import DataKey

_SIZE = 32
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
        identifier, secret, nonce = self._random_id(), os.urandom(_SIZE), os.urandom(_NONCE)
        wrapped = nonce + self._master.encrypt(nonce, secret, _bound_to(network, client, identifier))
        return DataKey(identifier, AESGCM(secret)), wrapped

    def unwrap(self, network: str, client: UUID, identifier: UUID, wrapped: bytes | None) -> DataKey:
        """The data key; no cipher when it was destroyed. Raises `InvalidTag` under another master key."""
        if wrapped is None:
            return DataKey(identifier, None)
        secret = self._master.decrypt(
            wrapped[:_NONCE], wrapped[_NONCE:], _bound_to(network, client, identifier)
        )
        return DataKey(identifier, AESGCM(secret))

    def mac(self, request: bytes, like: bytes | None = None) -> bytes:
        """The authenticator of a request, its key's number in front; `like` an older one, with its key."""
        number = self._newest if like is None else like[0]
        authenticator = self._macs[number].copy()
        authenticator.update(request)
        return bytes([number]) + authenticator.digest()

    def reference(self, network: str, system: str, value: str) -> bytes:
        return hmac.digest(self._refs, "\x00".join((network, system, value)).encode(), sha256)


def keyring(directory: Path, random_id: Callable[[], UUID], may_create: bool = True) -> Keyring:
    """The keys in `directory`, made there if the service starts for the first time."""
    macs = {number: key for number in range(1, 256) if (key := _read(directory / f"mac.{number}.key"))}
    return Keyring(
        _read_or_make(directory / "master.key", may_create),
        macs or {1: _read_or_make(directory / "mac.1.key", may_create)},
        _read_or_make(directory / "refs.key", may_create),
        random_id,
    )


def _read_or_make(path: Path, may_create: bool) -> bytes:
    key = _read(path)
    if key is not None:
        return key
    if not may_create:
        raise SystemExit(f"{path} is missing; this service does not make keys here")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = path.with_suffix(f".{os.getpid()}")
    _write_durably(staged, os.urandom(_SIZE))
    try:
        os.link(staged, path)  # whoever comes first made the key
    except FileExistsError:
        pass
    finally:
        staged.unlink()
    _sync(path.parent)
    made = _read(path)
    assert made is not None
    return made


def _write_durably(path: Path, secret: bytes) -> None:
    """On the disk before it is used: records sealed with a key that a power cut takes are lost."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes | None:
    if not path.exists():
        return None
    key = path.read_bytes()
    if len(key) != _SIZE:
        raise SystemExit(f"{path} is not a key of {_SIZE} bytes: restore it from its backup")
    return key


def _bound_to(network: str, client: UUID, key: UUID) -> bytes:
    return f"{network}|{client}|{key}".encode()
