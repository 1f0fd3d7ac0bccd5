"""Reading JSON bodies: in UTF-8 and nothing else, and each name of an object given once.

Parsers disagree about which of two equal names counts, so a body that a gateway checked could be decided on
with another value.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from care_platform.http.malformed import GIVEN_ONCE, Malformed, pointer

T = TypeVar("T")


class NotJson(Exception):
    """The body is not said to be JSON in UTF-8."""


async def json_body(request: Request) -> bytes:
    """The raw body of a request. Raises `NotJson`."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type.strip().lower() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise NotJson
    if encoding != "identity":
        raise NotJson
    return await _whole(request.receive)


async def _whole(receive: Receive) -> bytes:
    """The whole body. Starlette's own way, a generator, takes a command four times as long."""
    chunks = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def read_json(form: TypeAdapter[T], raw: bytes) -> T:
    """The body in this form. Raises `ValidationError` and `Malformed`."""
    body = form.validate_json(raw)
    try:
        _DECODER.decode(raw.decode())
    except _Repeated:
        place = next(_repeated(json.loads(raw, object_pairs_hook=_Pairs)))
        raise Malformed(pointer(place), GIVEN_ONCE) from None
    return body


class _Repeated(Exception):
    """An object has a name twice. Where the object is, its decoder cannot tell."""


class _Pairs(list[tuple[str, Any]]):
    """An object with all its names."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Repeated
    return members


_DECODER = json.JSONDecoder(object_pairs_hook=_members)


def _repeated(value: Any) -> Iterator[tuple[str | int, ...]]:
    """The places of names given twice."""
    parts: Any = value if isinstance(value, _Pairs) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, _Pairs):
        yield from ((name,) for name, times in Counter(name for name, _ in value).items() if times > 1)
    for name, part in parts:
        yield from ((name, *place) for place in _repeated(part))
