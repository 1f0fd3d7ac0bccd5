"""Health that tells the truth, metrics, and what each problem means."""

import psycopg
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from notifications.http.problems import KINDS, Problem, problems_of
from notifications.http.services import Here
from notifications.postgres.figures import Figures
from notifications.postgres.readiness import why_not_ready

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    ok: bool
    reason: str | None = None


class Explained(BaseModel):
    """An entry of the closed list of problems."""

    type: str
    status: int
    title: str
    what_to_do: str
    retry: bool


@router.get("/health/live")
async def live() -> Health:
    """The process answers."""
    return Health(ok=True)


@router.get("/health/ready", responses={503: {"model": Health, "description": "Not ready"}})
async def is_ready(here: Here, response: Response) -> Health:
    """200 while the database has our tables and binds our role, and tokens can be judged."""
    reason = await _why_not(here)
    response.status_code = 503 if reason else 200
    return Health(ok=reason is None, reason=reason)


@router.get("/metrics", response_class=Response, responses=problems_of("unavailable"))
async def metrics(here: Here) -> Response:
    """For Prometheus: our own requests, and what the database says of consume and deliver."""
    async with here.database.within(*here.networks) as db:
        figures = await Figures.read(db)
    content = generate_latest(here.metrics) + generate_latest(figures.registry())
    return Response(content, media_type=CONTENT_TYPE_LATEST)


@router.get("/problems/{name}", responses=problems_of("not-found"))
async def explain(name: str) -> Explained:
    """What a type of problem means and what to do."""
    kind = KINDS.get(name)
    if kind is None:
        raise Problem("not-found")
    return Explained(
        type=f"/problems/{kind.name}",
        status=kind.status,
        title=kind.title,
        what_to_do=kind.what_to_do,
        retry=kind.retry,
    )


async def _why_not(here: Here) -> str | None:
    if here.issuer_keys.current is None:
        return f"the keys of the token issuer cannot be read: {here.issuer_keys.fault}"
    try:
        async with here.database.within() as db:
            return await why_not_ready(db)
    except psycopg.Error:
        return "the database cannot be reached"
