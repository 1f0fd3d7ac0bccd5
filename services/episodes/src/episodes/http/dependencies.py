"""What endpoints depend on: who calls and whether they may, the services at hand, a body read strictly."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter

from care_platform.http.authentication import Bearer
from care_platform.http.json_bodies import json_body, read_json
from care_platform.http.parameters import check_query
from episodes.access import Caller
from episodes.http.requests import at_hand, permitted

T = TypeVar("T")


def allowed(resource: str, action: str, query: type[BaseModel] | None = None) -> Any:
    """A dependency: the caller, if its role may, and if the request has the parameters of `query` alone."""
    known = frozenset() if query is None else frozenset(query.model_fields)

    async def caller(request: Request, _: Bearer) -> Caller:
        who = permitted(request, resource, action)
        check_query(request.scope, known)
        return who

    return Depends(caller)


def here(kind: type[T]) -> Any:
    """A dependency: the one instance of this class that the composition root made."""

    async def found(request: Request) -> T:
        return at_hand(request, kind)

    return Depends(found)


def body(form: TypeAdapter[Any]) -> Any:
    """A dependency: the body of the request, in this form."""
    return Depends(_reader(form))


def _reader(form: TypeAdapter[Any]) -> Callable[[Request], Awaitable[Any]]:
    async def read(request: Request) -> Any:
        return read_json(form, await json_body(request))

    return read
