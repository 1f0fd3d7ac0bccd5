"""Who is calling, and may their role do this?"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from notifications.access import Action, Caller
from notifications.http.problems import Problem
from notifications.http.services import Here
from notifications.tokens import KeyUnknown, Unauthenticated

_BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="token")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


async def caller(here: Here, bearer: Bearer) -> Caller:
    """Raises `Unauthenticated` or `NoKeys`."""
    if bearer is None:
        raise Unauthenticated
    try:
        return here.tokens.verify(bearer.credentials)
    except KeyUnknown:
        if not await here.issuer_keys.renewed():
            raise
        return here.tokens.verify(bearer.credentials)


def allowed(action: Action) -> Any:
    """A dependency: the caller, if the role may."""
    return Depends(_allowed(action))


def _allowed(action: Action) -> Callable[[Caller], Awaitable[Caller]]:
    async def permitted(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if not who.may(action):
            raise Problem("forbidden")
        return who

    return permitted
