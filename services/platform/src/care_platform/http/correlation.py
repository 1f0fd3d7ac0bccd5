"""The correlation id of a request: the caller's own, else its trace id, else a new one."""

import re
from contextlib import suppress
from typing import cast
from uuid import UUID

from starlette.types import Scope
from uuid_utils.compat import uuid4

_NIL = UUID(int=0)
_TRACEPARENT = re.compile(
    rb"(?!ff|00.{54})"  # no version ff; in version 00 nothing follows the flags
    rb"[0-9a-f]{2}-((?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?",
    re.DOTALL,
)
"""A `traceparent` by W3C's grammar. Anything that later versions append is ignored, as W3C requires."""


def correlation(ids: list[bytes], traceparent: str | None) -> UUID:
    """The id from the headers `X-Correlation-Id` and `traceparent`. A header that is given twice, cannot be
    read, or is nil counts as absent."""
    return _id(ids) or (UUID(traceparent.split("-")[1]) if traceparent else uuid4())


def correlation_of(scope: Scope) -> UUID:
    """The id that the layer around the application found."""
    return cast(UUID, scope["state"]["correlation"])


def traceparent(given: list[bytes]) -> str | None:
    """The trace context of a request in version 00, as W3C lets a later one be passed on. None if the header
    is absent, given twice, or cannot be read."""
    match = _TRACEPARENT.fullmatch(given[0]) if len(given) == 1 else None
    return f"00-{match[1].decode()}" if match else None


def traceparent_of(scope: Scope) -> str | None:
    """The trace context that the layer around the application found."""
    return cast("str | None", scope["state"]["traceparent"])


def _id(given: list[bytes]) -> UUID | None:
    if len(given) == 1:
        with suppress(ValueError):
            found = UUID(given[0].decode("ascii"))
            return found if found != _NIL else None
    return None
