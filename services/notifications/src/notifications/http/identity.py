"""The caller of a request, and whether its role permits the action."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel

from care_platform.http.authentication import Bearer, caller_of
from care_platform.http.parameters import check_query
from care_platform.http.problems import Problem
from notifications.access import Action, Caller


async def caller(request: Request, _: Bearer) -> Caller:
    """The verified caller. Raises `Unauthenticated` or `NoKeys`."""
    who: Caller = caller_of(request.scope)
    return who


def allowed(action: Action) -> Any:
    """A dependency: the caller, if its role allows the action. Raises the problem `forbidden`."""
    return Depends(_allowed(action))


def only(query: type[BaseModel] | None = None) -> Any:
    """A dependency: the request has the parameters of `query` alone, each once. Raises `Malformed`."""
    known = frozenset() if query is None else frozenset(query.model_fields)

    async def check(request: Request, _: Annotated[Caller, Depends(caller)]) -> None:
        check_query(request.scope, known)

    return Depends(check)


def _allowed(action: Action) -> Callable[[Caller], Awaitable[Caller]]:
    async def permitted(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if not who.may(action):
            raise Problem("forbidden")
        return who

    return permitted
