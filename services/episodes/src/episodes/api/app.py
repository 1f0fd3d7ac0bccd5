"""The application: routes, and one handler for every error."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from pydantic import TypeAdapter
from starlette.types import ASGIApp

from care_platform import runtime
from care_platform.auth.tokens import Verifier
from care_platform.http.authentication import Authentication
from care_platform.http.handlers import answer_errors
from care_platform.http.layer import RequestLayer
from care_platform.http.operations import serve_document
from care_platform.http.operations_port import OperationsApart
from care_platform.key_files import KeyUnavailable
from episodes.access import Caller
from episodes.api import health
from episodes.api.services import Services
from episodes.directory import client_endpoint as clients
from episodes.directory import endpoint as directory
from episodes.disclosure import endpoint as disclosure
from episodes.domain.vocabulary import COMMANDS
from episodes.episode_list import endpoint as lists
from episodes.errors import StoreUnavailable
from episodes.event_log.keyring import Keyring
from episodes.event_log.reader import Database, Log, Wake
from episodes.event_log.thread_pool import Workers
from episodes.http.command_lookup import CommandLookup
from episodes.http.metrics import REQUESTS
from episodes.http.openapi import commanding, document
from episodes.http.problem import Problem
from episodes.http.problems import PROBLEMS
from episodes.publishing import catching_up
from episodes.publishing import endpoint as feed
from episodes.reading import endpoint as queries
from episodes.recording import endpoint as commands
from episodes.recording.receipt import Receipt

DESCRIPTION = "Event-sourced care episodes for clinical massage therapy: one resource per step of care."

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def layered(app: FastAPI, operations_port: int | None = None) -> ASGIApp:
    """The application inside the layers that every request passes; the innermost answers the commands.

    They lie around FastAPI, not within: its own middleware cost a command one part in twenty.
    """
    found = CommandLookup(app, (it for it in app.routes if isinstance(it, commands.CommandRoute)))
    inner: ASGIApp = Authentication[Caller](found, app.state.at_hand[Verifier])
    if operations_port is not None:
        inner = OperationsApart(inner, operations_port)
    return RequestLayer(inner, PROBLEMS.answer, REQUESTS)


def create_app(services: Services | None = None, lifespan: Lifespan | None = None) -> FastAPI:
    """What is inside the layers; without services only its document can be had."""
    app = FastAPI(
        title="Care Episodes",
        version="1.0.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    answer_errors(app, PROBLEMS.answer, PROBLEMS.errors)
    forms: dict[str, TypeAdapter[Any]] = {
        step.fact.__name__ + "Command": commands.body_form(step) for step in COMMANDS
    }
    care = _commands(forms)
    app.router.routes += [commands.CommandRoute.of(route) for route in care.routes]
    if services is not None:
        app.state.at_hand = services.by_class()
    for router in (
        queries.router(),
        lists.router,
        feed.router,
        catching_up.router,
        directory.router(),
        clients.router(),
        disclosure.router,
        health.router(),
    ):
        app.include_router(router)
    forms.update({kind.form.__name__: TypeAdapter(kind.form) for kind in directory.KINDS})
    forms.update({form.__name__: TypeAdapter(form) for form in clients.FORMS})
    forms.update({"Questions": disclosure.FORM, "Problem": TypeAdapter(Problem)})
    serve_document(app, lambda: document(app, [*care.routes, *app.routes], forms))
    return app


def running(services: Services, database: Database, workers: Workers, *wakes: Wake) -> Lifespan:
    """Opens what the services need before the first request, and records what waits before the last goes."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Closed also when it refuses to start: a pool left open may keep the process from ending.
        async with AsyncExitStack() as opened:
            await database.open()
            opened.push_async_callback(database.close)
            await _refuse_another_master_key(services.log, services.keyring)
            workers.open()
            opened.push_async_callback(asyncio.to_thread, workers.close)
            services.writer.start()
            opened.push_async_callback(services.writer.stop)
            runtime.tune(asyncio.get_running_loop(), all_every=None)
            runtime.take_short_turns()
            for background in (
                *(asyncio.create_task(wake.listen()) for wake in wakes),
                await services.issuer_keys.begin(),
            ):
                opened.callback(background.cancel)
            yield

    return lifespan


async def _refuse_another_master_key(log: Log, keyring: Keyring) -> None:
    """What is recorded under another master key cannot be read once the right one is back.

    A store that cannot be reached now is judged by readiness, when it can; so is a key that is not here yet.
    """
    with suppress(StoreUnavailable, KeyUnavailable):
        if not await log.keys_fit(keyring):
            structlog.get_logger("api").error("the master key does not open this store's records")
            raise SystemExit(1)


def _commands(forms: Mapping[str, TypeAdapter[Any]]) -> APIRouter:
    """The commands as FastAPI describes them."""
    routes = APIRouter(tags=["care"], generate_unique_id_function=lambda route: route.name)
    for step in COMMANDS:
        name = step.fact.__name__ + "Command"
        path = commands.path_of(step)
        routes.add_api_route(
            path,
            commands.endpoint(step, forms[name]),
            methods=["POST"],
            status_code=201,
            response_model=Receipt,
            openapi_extra=commanding(path, name, expects=not step.opens and step.scope == "episode"),
        )
    return routes
