"""The parts of a token, read strictly: base64url, and in it one JSON object."""

import base64
import json
from typing import Any, NoReturn


def decoded(part: str) -> bytes:
    """Decode base64url as in RFC 7515: no padding, no other characters, no unused bits.

    Raises `ValueError`.
    """
    read = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(read).rstrip(b"=") != part.encode():
        raise ValueError("not base64url")
    return read


def members(part: bytes) -> dict[str, Any]:
    """The JSON object of a part, in UTF-8 without byte order mark. One that names a member twice is
    ambiguous, and refused. Raises `ValueError` or `RecursionError`."""
    read = json.loads(part.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(read, dict):
        raise ValueError("not an object")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("named twice")
    return dict(pairs)


def _no_number(constant: str) -> NoReturn:
    raise ValueError("NaN and infinity are not JSON")
