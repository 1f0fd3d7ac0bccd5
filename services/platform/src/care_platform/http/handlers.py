"""Makes a Starlette or FastAPI application answer its errors as the `RequestLayer` around it does."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from care_platform.http.correlation import correlation_of
from care_platform.http.layer import Answer

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def answer_errors(app: Starlette, answer: Answer, errors: Iterable[type[Exception]]) -> None:
    """Answer these errors with the problem document that `answer` builds.

    Any other is a defect, and left to the `RequestLayer`, which logs it before it is answered.
    """

    async def handler(request: Request, error: Exception) -> Response:
        response = answer(error, correlation_of(request.scope))
        if response.status_code == 405:
            response.headers["Allow"] = ", ".join(methods(app.router.routes, request.scope))
        return response

    for error in errors:
        app.add_exception_handler(error, handler)
    app.add_exception_handler(Exception, _left_to_the_layer)


async def _left_to_the_layer(_: Request, error: Exception) -> Response:
    raise error


def methods(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """All methods of a path. A router would name only those of the first route that matches."""
    here = list(routes)
    taken = [it for it in _METHODS if any(_fits(route, {**scope, "method": it}) for route in here)]
    return ["GET", "HEAD", *taken[1:]] if taken[:1] == ["GET"] else taken


def _fits(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL
