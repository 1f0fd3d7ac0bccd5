"""What the endpoints of the directory share: who asks, what is expected, and the answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic_core import to_json
from starlette.responses import Response

from episodes.access import Caller
from episodes.directory.asking import Asking
from episodes.http.dependencies import allowed
from episodes.http.entity_tags import Expected, etag, if_match
from episodes.http.requests import correlation, now


def asking(resource: str, action: str, query: Any = None) -> Any:
    """A dependency: who asks, if its role may."""

    async def found(request: Request, caller: Annotated[Caller, allowed(resource, action, query)]) -> Asking:
        return Asking(caller, correlation(request))

    return Depends(found)


def expecting() -> Any:
    """A dependency: the versions that the request expects."""

    async def read(request: Request) -> Expected | None:
        return if_match(request)

    return Depends(read)


def told_time() -> Any:
    """A dependency: the time of the request, by our clock."""

    async def read(request: Request) -> datetime:
        return now(request)

    return Depends(read)


def put_answer(version: int) -> Response:
    return Response(status_code=204, headers={"ETag": etag(version)})


def shown(entry: Mapping[str, Any], version: int) -> Response:
    return Response(to_json(_present(entry)), headers={"ETag": etag(version)}, media_type="application/json")


def history(changes: Sequence[Mapping[str, Any]]) -> Response:
    return Response(to_json({"changes": [_present(one) for one in changes]}), media_type="application/json")


def _present(value: Any) -> Any:
    """An answer without what is absent."""
    match value:
        case Mapping():
            return {name: _present(part) for name, part in value.items() if part is not None}
        case list():
            return [_present(part) for part in value]
        case _:
            return value
