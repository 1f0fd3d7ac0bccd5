"""The application: routes, and one handler for every error."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from contracts.disclosure import Questions
from episodes.adapters.database.log import Database, Wake
from episodes.adapters.http import commands, directory, disclosure, feed, health, queries
from episodes.adapters.http.middleware import Envelope
from episodes.adapters.http.openapi import describing, document
from episodes.adapters.http.problems import HANDLED, problem
from episodes.adapters.http.services import Services
from episodes.domain.steps import STEPS

DESCRIPTION = "Event-sourced care episodes for clinical massage therapy: one resource per step of care."

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    services: Services | None, wake: Wake, revision: str, lifespan: Lifespan | None = None
) -> FastAPI:
    """The application over its services; without them only its document can be had."""
    app = FastAPI(
        title="Care Episodes",
        version="1.0.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.add_middleware(Envelope)
    for error in HANDLED:
        app.add_exception_handler(error, _answer_problem)
    forms: dict[str, TypeAdapter[Any]] = {
        step.fact.__name__ + "Command": commands.body_form(step) for step in STEPS
    }
    app.include_router(_commands(forms))
    for router in (
        queries.router(),
        feed.router(wake),
        directory.router(),
        disclosure.router(),
        health.router(revision),
    ):
        app.include_router(router)
    forms.update({entry.__name__: TypeAdapter(entry) for _, entry, _, _ in directory.ENTRIES})
    _describe(app, {**forms, "Questions": TypeAdapter(Questions)})
    return app


def running(services: Services, database: Database, wake: Wake) -> Lifespan:
    """Opens what the services need before the first request, and records what waits before the last goes."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        services.writer.start()
        listening = asyncio.create_task(wake.listen())
        yield
        listening.cancel()
        await services.writer.stop()
        await database.close()

    return lifespan


def _commands(forms: Mapping[str, TypeAdapter[Any]]) -> APIRouter:
    routes = APIRouter(tags=["care"])
    for step in STEPS:
        name = step.fact.__name__ + "Command"
        path = commands.path_of(step)
        routes.add_api_route(
            path,
            commands.endpoint(step, forms[name]),
            methods=["POST"],
            status_code=201,
            response_model=None,
            openapi_extra=describing(path, body=name, answers=201, command=True),
        )
    return routes


async def _answer_problem(request: Request, error: Exception) -> Response:
    return problem(error, str(request.state.correlation))


def _describe(app: FastAPI, forms: Mapping[str, TypeAdapter[Any]]) -> None:
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(document(app, forms))
        return made

    app.openapi = openapi  # type: ignore[method-assign]
