"""How large a request may be. What is larger is refused, however it is sent."""

from collections.abc import Iterable
from typing import Literal

from starlette.types import Message, Receive

MAX_BODY = 128 * 1024
"""Bytes of a request's body."""
MAX_HEAD = 32 * 1024
"""Bytes of a request's header names and values together."""


class TooLarge(Exception):
    """The head or the body of a request is over its limit."""

    def __init__(self, part: Literal["head", "body"]) -> None:
        super().__init__(part)
        self.part = part


def check_head(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises `TooLarge`."""
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEAD:
        raise TooLarge("head")


def limited(receive: Receive) -> Receive:
    """Pass a request's messages on; raise `TooLarge` at the one with which its body is over the limit."""
    size = 0

    async def receiving() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise TooLarge("body")
        return message

    return receiving
