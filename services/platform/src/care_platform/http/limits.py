"""What is refused before a request is understood: one that is too large, or could be read in two ways."""

import re
from collections.abc import Iterable
from typing import Literal

from starlette.types import Message, Receive

from care_platform.http.malformed import CONTROL_CHARACTERS, GIVEN_ONCE, Malformed

MAX_BODY = 128 * 1024
"""The maximum size of a request's body, in bytes."""
MAX_HEAD = 32 * 1024
"""The maximum size of a request's header names and values together, in bytes."""


class TooLarge(Exception):
    """The head or the body of a request exceeds its limit."""

    def __init__(self, part: Literal["head", "body"]) -> None:
        super().__init__(part)
        self.part = part


SINGLE = frozenset({b"authorization", b"content-encoding", b"content-type", b"host", b"idempotency-key"})
"""Headers we read that have one value: of two, a gateway and we might believe different ones."""


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check_head(path: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Check a request's path, decoded, and its headers. Raises `TooLarge` and `Malformed`."""
    if _CONTROL.search(path):
        raise Malformed("/path", CONTROL_CHARACTERS)
    size = 0
    seen = set()
    for name, value in headers:
        size += len(name) + len(value)
        if name in SINGLE:
            if name in seen:
                raise Malformed(f"/headers/{name.decode()}", GIVEN_ONCE)
            seen.add(name)
    if size > MAX_HEAD:
        raise TooLarge("head")


def limited(receive: Receive) -> Receive:
    """Forward a request's messages. Raises `TooLarge` as soon as the body exceeds the limit."""
    size = 0

    async def receiving() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise TooLarge("body")
        return message

    return receiving
