"""The bytes of a stored event, by format byte. Clear header, then what is sealed.

Both formats: format (1 byte), header length (4 bytes, big endian), header (UTF-8 JSON), nonce (12 bytes),
AES-256-GCM ciphertext. The header begins with the event's id, type, episode and version, at places that an
index and a check of the database rely on.

1   The ciphertext is the payload. It is bound to five members of the header: the ids of the event, its
    episode and its key, its version and its type.
2   The ciphertext is a salt and the payload. It is bound to all that stands before the nonce, as stored. The
    header ends with a commitment: the SHA-256 of salt and payload, in hexadecimal. Whoever is given both can
    check one event without the client's key, and without the salt nothing can be guessed from it.
"""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from care_platform.logs import Loggable

SALT = 32
"""The length of a salt, in bytes."""
_LENGTH = 4
_NONCE = 12
_HEAD = 1 + _LENGTH
_COMMITMENT = b',"commitment":"'
_TAIL = len(_COMMITMENT) + 2 * 32 + len(b'"}')


class Unreadable(Loggable):
    """A stored event that this process cannot read, which is no erasure. It holds up its own episode alone.

    Its message names ids alone.
    """


class Damaged(Unreadable):
    """It cannot be what we wrote (wrong format, altered), or its key is not found."""


class FromLaterRelease(Unreadable):
    """It is of a type, or says something, that only a later release knows."""

    def __init__(self, event: UUID) -> None:
        super().__init__(f"event {event} can be read by a later release alone")


@dataclass(frozen=True, slots=True)
class Parts:
    """A stored event taken apart. `bound` is None in format 1, where the header's ids are bound."""

    header: bytes
    nonce: bytes
    sealed: bytes
    bound: bytes | None

    def payload(self, cipher: AESGCM, bound: bytes) -> bytes:
        """The payload in clear. Raises `InvalidTag` or `Damaged`."""
        clear = cipher.decrypt(self.nonce, self.sealed, bound)
        if self.bound is None:
            return clear
        if not self.header.endswith(_commitment(clear)):
            raise Damaged("the header of a stored event commits to another payload")
        return clear[SALT:]


def new_salt() -> bytes:
    return token_bytes(SALT)


def joined(header: bytes, payload: bytes, bound: bytes, cipher: AESGCM, nonce: bytes) -> bytes:
    """The stored bytes in format 1."""
    return _head(b"\x01", header) + nonce + cipher.encrypt(nonce, payload, bound)


def joined_with_salt(header: bytes, payload: bytes, cipher: AESGCM, nonce: bytes, salt: bytes) -> bytes:
    """The stored bytes in format 2. The header is a JSON object without its commitment."""
    clear = salt + payload
    head = _head(b"\x02", header.removesuffix(b"}") + _commitment(clear))
    return head + nonce + cipher.encrypt(nonce, clear, head)


def parts(state: bytes) -> Parts:
    """Take the stored bytes apart. Raises `Damaged`."""
    if state[:1] not in (b"\x01", b"\x02"):
        raise Damaged("unknown format of a stored event")
    end = _HEAD + int.from_bytes(state[1:_HEAD], "big")
    header, nonce, sealed = state[_HEAD:end], state[end : end + _NONCE], state[end + _NONCE :]
    if state[:1] == b"\x01":
        return Parts(header, nonce, sealed, None)
    if header[-_TAIL:][: len(_COMMITMENT)] != _COMMITMENT:
        raise Damaged("the header of a stored event has no commitment")
    return Parts(header, nonce, sealed, state[:end])


def _head(form: bytes, header: bytes) -> bytes:
    return form + len(header).to_bytes(_LENGTH, "big") + header


def _commitment(clear: bytes) -> bytes:
    return _COMMITMENT + sha256(clear).hexdigest().encode() + b'"}'
