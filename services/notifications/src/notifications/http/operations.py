"""Whether this service is ready, and what it counts."""

from collections.abc import Sequence

import psycopg
from fastapi import APIRouter, Request
from prometheus_client import generate_latest

from care_platform.http.operations import Operations
from care_platform.http.operations import router as operations_router
from notifications.http.problems import PROBLEMS, problems_of
from notifications.http.services import services_of
from notifications.postgres.figures import Figures
from notifications.postgres.readiness import warnings, which_key_lacks, why_not_ready


def router() -> APIRouter:
    """Health, metrics and problems. The process lives while it answers."""
    ours = Operations(lambda _: True, _why_not_ready, _metrics, _warnings)
    return operations_router(ours, PROBLEMS, problems_of)


async def _metrics(request: Request) -> bytes:
    """Our own requests, and what the database says of consume and deliver."""
    here = services_of(request)
    async with here.database.within(*here.networks) as db:
        await here.drift.ask_async(db)
        figures = await Figures.read(db)
    return generate_latest(here.metrics) + generate_latest(figures.registry())


async def _why_not_ready(request: Request) -> str | None:
    here = services_of(request)
    if here.issuer_keys.current is None:
        return f"the keys of the token issuer cannot be read: {here.issuer_keys.fault}"
    try:
        async with here.database.within() as db:
            await here.drift.ask_async(db)
            reason = await why_not_ready(db, here.store, here.revision, here.grants)
            return reason or await which_key_lacks(db, here.sealing.refuse_another)
    except psycopg.Error:
        return await here.database.why_not_reached()


async def _warnings(request: Request) -> Sequence[str]:
    here = services_of(request)
    try:
        async with here.database.within() as db:
            return (*here.drift.warnings(), *await warnings(db))
    except psycopg.Error:
        return here.drift.warnings()  # why the service is not ready is said already
