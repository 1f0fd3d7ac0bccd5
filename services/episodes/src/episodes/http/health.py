"""Whether this service is alive and ready, and what it counts."""

from fastapi import APIRouter
from prometheus_client import generate_latest
from starlette.requests import Request

from care_platform.http.operations import Operations, Responses
from care_platform.http.operations import router as operations_router
from episodes.episode_list.endpoint import observe_lag
from episodes.errors import StoreUnavailable
from episodes.http.metrics import READY
from episodes.http.problems import PROBLEMS
from episodes.http.requests import services


def router(revision: str) -> APIRouter:
    """`revision` is the migration this release needs."""

    async def why_not_ready(request: Request) -> str | None:
        reason = await _why_not(request, revision)
        READY.set(0 if reason else 1)
        return reason

    return operations_router(Operations(_alive, why_not_ready, _metrics), PROBLEMS, _refused)


def _refused(kind: str) -> Responses:
    status = PROBLEMS.kinds[kind].status
    return {status: {"$ref": f"#/components/responses/{status}"}}


def _alive(request: Request) -> bool:
    return services(request).writer.alive


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


async def _metrics(request: Request) -> bytes:
    await observe_lag(request)
    return generate_latest()
