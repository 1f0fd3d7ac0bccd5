"""Keys of one kind, told apart by numbers: a new one is added beside the old, which open what they sealed.

`KIND.N.key` is number N (1 to 255), `KIND.key` is number 0: it is from before keys had numbers.
"""

import hmac
import os
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from care_platform.key_files import KeyUnavailable, make_key, private, read_key, usable_key

T = TypeVar("T")
MOST = 255
"""The greatest number: one byte stands before what is sealed."""
NONCE = 12
TAG = 16


def key_file(directory: Path, kind: str, number: int) -> Path:
    return directory / (f"{kind}.{number}.key" if number else f"{kind}.key")


def numbers_in(directory: Path, kind: str) -> list[int]:
    """The numbers of the keys of this kind that the directory has, in order."""
    name = re.compile(rf"{re.escape(kind)}(?:\.([1-9]\d{{0,2}}))?\.key")
    names = [it.name for it in directory.iterdir()] if directory.is_dir() else []
    found = (int(match[1] or 0) for each in names if (match := name.fullmatch(each)))
    return sorted(number for number in found if number <= MOST)


def add_key(directory: Path, kind: str) -> Path:
    """Make the key that follows the newest one. Nothing uses it yet.

    Raises `KeyUnavailable` where there is no key of this kind, which only a first start makes.
    """
    numbers = numbers_in(directory, kind)
    if not numbers:
        raise KeyUnavailable(f"{directory} has no {kind} key that another could follow")
    if numbers[-1] == MOST:
        raise KeyUnavailable(f"{key_file(directory, kind, MOST)} is the last: numbers end there")
    private(directory)
    path = key_file(directory, kind, numbers[-1] + 1)
    make_key(path)
    return path


class NumberedKeys(dict[int, T]):
    """The keys of one kind in a directory, by number, each as `made` of its bytes.

    A file that is added while the service runs is found when its key is first asked for: nothing needs a
    restart. `key[number]` raises `KeyUnavailable`, which is logged once for each number until it is found.
    Ends the program with an explanation if a file that is there cannot be used.
    """

    def __init__(self, directory: Path, kind: str, made: Callable[[bytes], T]) -> None:
        super().__init__()
        self._directory, self._kind, self._made = directory, kind, made
        self._lacking: dict[int, str] = {}
        for number in numbers_in(directory, kind):
            key = read_key(self.file(number))
            if key is not None:
                self[number] = made(key)

    def __missing__(self, number: int) -> T:
        try:
            self[number] = self._made(usable_key(self.file(number)))
        except KeyUnavailable as why:
            if number not in self._lacking:
                structlog.get_logger("keys").error("a key is not here", reason=str(why))
            self._lacking[number] = str(why)
            raise
        self._lacking.pop(number, None)
        return self[number]

    def file(self, number: int) -> Path:
        return key_file(self._directory, self._kind, number)

    @property
    def newest(self) -> int:
        """The greatest number that the directory has now."""
        return max((*self, *numbers_in(self._directory, self._kind)))

    def lacking(self) -> str | None:
        """What was asked for and is still not here, for the operator."""
        for number in sorted(self._lacking):
            try:
                self[number]
            except KeyUnavailable as why:
                return str(why)
        return None


class SealingKey:
    """A key that seals (AES-256-GCM). Its fingerprint tells two files of one number apart, and no more."""

    def __init__(self, key: bytes) -> None:
        self.cipher = AESGCM(key)
        self.fingerprint = hmac.digest(key, b"care: the fingerprint of this key", sha256)


class KeyInUse(NamedTuple):
    """A key that something may be sealed with, as the database knows it."""

    number: int
    fingerprint: bytes | None = None
    """None for number 0, which may be older than fingerprints."""


FIRST = KeyInUse(0)


def key_of(keys: Mapping[int, SealingKey], wanted: KeyInUse) -> SealingKey:
    """The key in use. Raises `KeyUnavailable` if it is not here, or another one is here in its place."""
    key = keys[wanted.number]
    if wanted.fingerprint not in (None, key.fingerprint):
        raise KeyUnavailable(
            f"the key with number {wanted.number} is not the one in use: copy its file from another host"
        )
    return key


class NumberedSeal:
    """Seals values of one length, so that the two forms are told apart by length.

    With key 0: nonce (12 bytes), ciphertext, as before keys had numbers. With a later one its number (1 byte)
    stands before.
    """

    def __init__(self, keys: Mapping[int, SealingKey], length: int) -> None:
        self._keys = keys
        self._numbered = 1 + NONCE + length + TAG

    def number(self, sealed: bytes) -> int:
        """The number of the key that opens it."""
        return sealed[0] if len(sealed) == self._numbered else 0

    def seal(self, wanted: KeyInUse, clear: bytes, bound: bytes) -> bytes:
        """Raises `KeyUnavailable`, and `ValueError` for a value of another length."""
        nonce, head = os.urandom(NONCE), bytes([wanted.number]) if wanted.number else b""
        sealed = head + nonce + key_of(self._keys, wanted).cipher.encrypt(nonce, clear, bound)
        if len(sealed) != self._numbered - (not head):
            raise ValueError("a value of another length cannot be sealed")
        return sealed

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Raises `KeyUnavailable`, and `InvalidTag` if it was sealed with another key or for another row."""
        number = self.number(sealed)
        head = 1 if number else 0
        if len(sealed) < head + NONCE + TAG:
            raise InvalidTag
        nonce, ciphertext = sealed[head : head + NONCE], sealed[head + NONCE :]
        return self._keys[number].cipher.decrypt(nonce, ciphertext, bound)

    def again(self, wanted: KeyInUse, sealed: bytes, bound: bytes) -> bytes:
        """The same value, sealed with the key in use."""
        return self.seal(wanted, self.open(sealed, bound), bound)
