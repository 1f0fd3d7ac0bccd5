"""Reading the parts of a request by hand, strictly; each fault names the field and the rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request

from care_platform.http.authentication import caller_of
from care_platform.http.correlation import correlation_of, traceparent_of
from care_platform.http.malformed import Malformed
from care_platform.http.parameters import read_uuid
from care_platform.postgres.grants import Grant
from episodes.access import Caller, allow
from episodes.turns import ASKING

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`clock` tells the time with its offset, `new_id` draws random ids, `public_url` is our own address,
    `revision` the migration this release needs, and `grants` what its role must be allowed."""

    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    public_url: str
    revision: str
    grants: Sequence[Grant]


def at_hand(request: Request, kind: type[T]) -> T:
    """The one instance of this class that the composition root made for the endpoints."""
    found: T = request.app.state.at_hand[kind]
    return found


def permitted(request: Request, resource: str, action: str) -> Caller:
    """The caller, if its token is valid and its role may. What is read from here on is read in its turn."""
    caller: Caller = caller_of(request.scope)
    allow(caller.actor.role, resource, action)
    ASKING.set(caller.line)
    return caller


def correlation(request: Request) -> UUID:
    return correlation_of(request.scope)


def traceparent(request: Request) -> str | None:
    return traceparent_of(request.scope)


def path_id(request: Request, name: str) -> UUID:
    return _uuid_of(request.path_params[name], f"/path/{name}")


def _uuid_of(text: str | None, pointer: str) -> UUID:
    if text is None:
        raise Malformed(pointer, "required")
    try:
        return read_uuid(text)
    except ValueError:
        raise Malformed(pointer, "uuid") from None


def idempotency_key(request: Request) -> UUID:
    """The command's id, as it is or in quotes, as the IETF's draft of this header has it."""
    key = request.headers.get("idempotency-key")
    if key is not None and len(key) > 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    return _uuid_of(key, "/headers/idempotency-key")


def now(request: Request) -> datetime:
    return at_hand(request, Surroundings).clock()
