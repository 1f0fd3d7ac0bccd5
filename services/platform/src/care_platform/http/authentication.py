"""Authentication, before anything else of a request is read. The endpoint decides what the caller may do."""

from typing import Annotated, Any, Generic, TypeVar

from fastapi import Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from care_platform.auth.issuer_keys import NoKeys
from care_platform.auth.refusals import TokenFault, Unauthenticated
from care_platform.auth.tokens import Verifier

C = TypeVar("C")

_BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="token")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
"""Only documents the token in OpenAPI: a layer outside FastAPI verifies it."""


class Authentication(Generic[C]):
    """An ASGI layer, inside the `RequestLayer`, for the paths below a prefix.

    It refuses no request: it keeps the outcome, and the error is raised when an endpoint asks for the caller,
    because some resources are open to everybody.
    """

    def __init__(self, app: ASGIApp, verifier: Verifier[C], below: str = "/v1/") -> None:
        self._app = app
        self._verifier = verifier
        self._below = below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._below):
            scope["state"]["caller"] = await self._outcome(_authorization(scope))
        await self._app(scope, receive, send)

    async def _outcome(self, authorization: str | None) -> C | Exception:
        try:
            return await self._verifier.authenticate(authorization)
        except (Unauthenticated, NoKeys) as refused:
            return refused


def caller_of(scope: Scope) -> Any:
    """The caller that the service built from the token. Raises `Unauthenticated` or `NoKeys`."""
    outcome = scope["state"].get("caller") or Unauthenticated(TokenFault.NO_TOKEN)
    if isinstance(outcome, Unauthenticated):
        scope["state"]["reason"] = outcome.fault.value
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _authorization(scope: Scope) -> str | None:
    """The `Authorization` header, of which the `RequestLayer` lets no second one through."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value, "latin-1")
    return None
