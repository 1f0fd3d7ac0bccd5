"""Reading the parts of a request by hand, strictly; each fault names the field and the rule."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from care_platform.http.authentication import caller_of
from care_platform.http.correlation import correlation_of
from episodes.access import Caller, allow
from episodes.http.moments import MOMENT
from episodes.http.problems import Malformed, NotJson

_ETAG = re.compile(r'"([0-9]{1,9})"')
_POSITION = re.compile(r"p([0-9a-f]{1,15})")
_MOMENT: TypeAdapter[Any] = TypeAdapter(MOMENT)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`clock` tells the time with its offset, `new_id` draws random ids, `public_url` is our own address."""

    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    public_url: str


def at_hand(request: Request, kind: type[T]) -> T:
    """The one instance of this class that the composition root made for the endpoints."""
    found: T = request.app.state.at_hand[kind]
    return found


def permitted(request: Request, resource: str, action: str) -> Caller:
    """The caller, if its token is valid and its role may."""
    caller: Caller = caller_of(request.scope)
    allow(caller.actor.role, resource, action)
    return caller


def correlation(request: Request) -> UUID:
    return correlation_of(request.scope)


def path_id(request: Request, name: str) -> UUID:
    return uuid_of(request.path_params[name], f"/path/{name}")


def uuid_of(text: str | None, pointer: str) -> UUID:
    if text is None:
        raise Malformed(pointer, "required")
    if not _UUID.fullmatch(text):
        raise Malformed(pointer, "uuid")
    return UUID(text)


def idempotency_key(request: Request) -> UUID:
    return uuid_of(request.headers.get("idempotency-key"), "/headers/idempotency-key")


def if_match(request: Request) -> int | None:
    """The version the caller expects: an entity tag as `ETag` gave it."""
    header = request.headers.get("if-match")
    if header is None:
        return None
    match = _ETAG.fullmatch(header)
    if match is None:
        raise Malformed("/headers/if-match", "etag")
    return int(match[1])


async def json_body(request: Request) -> bytes:
    """The raw body of a request that says it is JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise NotJson
    return await request.body()


async def parsed(request: Request, form: TypeAdapter[Any]) -> Any:
    return form.validate_json(await json_body(request))


def whole_number(request: Request, name: str, default: int | None, least: int, most: int) -> int | None:
    """A query parameter from `least` to `most`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise Malformed(f"/query/{name}", f"a whole number from {least} to {most}")
    return int(text)


def moment(request: Request, name: str) -> datetime | None:
    """A query parameter that is a time of RFC 3339 with its offset."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        found: datetime = _MOMENT.validate_python(text)
    except ValidationError:
        raise Malformed(f"/query/{name}", "a time with its offset (RFC 3339)") from None
    return found


def system_and_value(request: Request, name: str) -> tuple[str, str] | None:
    """A query parameter `system|value`, each of 1 to 300 characters."""
    text = request.query_params.get(name)
    if text is None:
        return None
    system, bar, value = text.partition("|")
    if not (bar and system and value) or "\x00" in text or len(system) > 300 or len(value) > 300:
        raise Malformed(f"/query/{name}", "system|value")
    return system, value


def position(request: Request) -> int:
    """The place in the log after which to read; opaque to the caller."""
    text = request.query_params.get("after")
    if text is None:
        return 0
    match = _POSITION.fullmatch(text)
    if match is None:
        raise Malformed("/query/after", "a position this service gave")
    return int(match[1], 16)


def position_text(place: int) -> str:
    return f"p{place:x}"


def refuse_unknown_parameters(request: Request, *known: str) -> None:
    """Refuses a query parameter that is not known, or given twice."""
    if not request.scope["query_string"]:
        return
    given = [name for name, _ in QueryParams(request.scope["query_string"]).multi_items()]
    if not set(given) <= set(known):
        raise Malformed("/query", "an unknown parameter")
    for name in set(given):
        if given.count(name) > 1:
            raise Malformed(f"/query/{name}", "given once")


def now(request: Request) -> datetime:
    return at_hand(request, Surroundings).clock()
