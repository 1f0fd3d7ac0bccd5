"""Health that tells the truth, metrics, and what each type of problem means."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from episodes.episode_list.endpoint import observe_lag
from episodes.errors import NotThere, StoreUnavailable
from episodes.http.metrics import READY
from episodes.http.problems import KINDS
from episodes.http.requests import services


def router(revision: str) -> APIRouter:
    """`revision` is the migration this release needs."""

    async def ready(request: Request) -> Response:
        """200 while the store is at the right revision and tokens can be judged, else 503 with the reason."""
        reason = await _why_not(request, revision)
        READY.set(0 if reason else 1)
        if reason:
            return _json({"ready": False, "reason": reason}, 503)
        return _json({"ready": True})

    routes = APIRouter(tags=["operations"])
    routes.add_api_route(
        "/health/live", live, methods=["GET"], responses={503: {"description": "To be started anew"}}
    )
    routes.add_api_route(
        "/health/ready", ready, methods=["GET"], responses={503: {"description": "Not ready"}}
    )
    routes.add_api_route("/metrics", metrics, methods=["GET"], response_class=PlainTextResponse)
    routes.add_api_route("/problems/{type}", explain, methods=["GET"], openapi_extra=_PROBLEM_PARAMETER)
    return routes


async def _why_not(request: Request, revision: str) -> str | None:
    if not services(request).writer.alive:
        return "the writer has ended"
    issuer = services(request).issuer_keys
    if issuer.current is None:
        return f"the keys of the token issuer cannot be read: {issuer.fault}"
    try:
        if await services(request).directory.revision() != revision:
            return "the store is not at this release's revision: run migrate"
        if await services(request).directory.bypasses_row_security():
            return "the database role may read past row-level security: use one that may not"
        if not await services(request).log.keys_fit():
            return "the master key does not open this store's records"
    except StoreUnavailable:
        return "the store cannot be reached"
    return None


async def live(request: Request) -> Response:
    """200 while the process answers and its writer lives; else it is to be started anew."""
    alive = services(request).writer.alive
    return _json({"live": alive}, 200 if alive else 503)


async def metrics(request: Request) -> Response:
    """For Prometheus."""
    await observe_lag(request)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def explain(request: Request) -> Response:
    """What a type of problem means, what to do, and whether to retry."""
    kind = KINDS.get(request.path_params["type"])
    if kind is None:
        raise NotThere
    return _json(
        {
            "type": f"/problems/{kind.name}",
            "status": kind.status,
            "title": kind.title,
            "what_to_do": kind.what_to_do,
            "retry": kind.retry,
        }
    )


_PROBLEM_PARAMETER = {
    "parameters": [{"name": "type", "in": "path", "required": True, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "Found"}, "404": {"$ref": "#/components/responses/404"}},
}


def _json(document: object, status: int = 200) -> Response:
    return Response(to_json(document), status, {"Cache-Control": "no-store"}, "application/json")
