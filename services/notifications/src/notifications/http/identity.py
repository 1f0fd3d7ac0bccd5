"""The caller of a request, and whether its role permits the action."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from care_platform.http.authentication import Bearer, caller_of
from care_platform.http.problems import Problem
from notifications.access import Action, Caller


async def caller(request: Request, _: Bearer) -> Caller:
    """The verified caller. Raises `Unauthenticated` or `NoKeys`."""
    who: Caller = caller_of(request.scope)
    return who


def allowed(action: Action) -> Any:
    """A dependency: the caller, if its role allows the action. Raises the problem `forbidden`."""
    return Depends(_allowed(action))


def _allowed(action: Action) -> Callable[[Caller], Awaitable[Caller]]:
    async def permitted(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if not who.may(action):
            raise Problem("forbidden")
        return who

    return permitted
