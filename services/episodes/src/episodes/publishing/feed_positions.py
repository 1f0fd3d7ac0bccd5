"""Positions of the feed as callers are told them: texts that tell nothing, and that nobody else can make.

A plain number would tell every network how much all the others record.
"""

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from care_platform.http.malformed import Malformed
from episodes.event_log.epochs import epoch_of

_CONTENT = struct.Struct(">IQ8s")
SEALED_SINCE = "0007"
"""The first revision whose processes read encrypted positions."""
_PURPOSE = b"position of the feed"
_NUMBER = re.compile(r"p([0-9a-f]{1,15})")
"""A position as the release before told it; still taken."""


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """A place in the log, and the first eight bytes of the id of the event there; zeros if it is not known,
    as of a number, and before the first event."""

    place: int
    event: bytes = bytes(8)

    @classmethod
    def of(cls, place: int, event: UUID | None) -> "FeedPosition":
        return cls(place) if event is None else cls(place, event.bytes[:8])

    @property
    def is_named(self) -> bool:
        return self.event != bytes(8)

    def stands_on(self, event: UUID | None) -> bool:
        """Whether it may stand on this event: on None, that there is none, only what names none does."""
        return not self.is_named or (event is not None and event.bytes[:8] == self.event)


BEGINNING = FeedPosition(0)


class FeedPositions:
    """Encrypts and authenticates positions (AES-SIV, RFC 5297): the same one is always the same text, so that
    a reader who is told no new one knows that nothing was added.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def text(self, network: str, position: FeedPosition, *, sealed: bool = True) -> str:
        """The position as this network is told it: a number while processes run that read nothing else."""
        if not sealed:
            return f"p{position.place:x}"
        content = _CONTENT.pack(epoch_of(position.place), position.place, position.event)
        return urlsafe_b64encode(self._cipher.encrypt(content, _bound_to(network))).decode()

    def read(self, network: str, text: str, pointer: str = "/query/after") -> FeedPosition:
        """The position that this network was told. Raises `Malformed`, which points at where it was given."""
        number = _NUMBER.fullmatch(text)
        if number is not None:
            return FeedPosition(int(number[1], 16))
        try:
            content = self._cipher.decrypt(urlsafe_b64decode(text), _bound_to(network))
        except (InvalidTag, ValueError):
            raise Malformed(pointer, "position") from None
        _, place, event = _CONTENT.unpack(content)
        return FeedPosition(place, event)


def _bound_to(network: str) -> list[bytes]:
    return [_PURPOSE, network.encode()]
