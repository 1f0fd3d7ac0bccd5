"""The application: its routes, one table from faults to problems, and its OpenAPI document."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException

from care_platform.auth.issuer_keys import NoKeys
from notifications.delivering.courier import NoAnswer
from notifications.http import operations
from notifications.http.examples import EXAMPLES
from notifications.http.middleware import Envelope
from notifications.http.problems import Problem, ProblemDocument, answer, malformed
from notifications.http.requests import methods_here
from notifications.http.services import Services
from notifications.inbox import endpoint as inbox
from notifications.subscriptions import endpoint as subscriptions
from notifications.subscriptions.bodies import SubscriptionWanted
from notifications.tokens import Unauthenticated

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Schema = dict[str, Any]

_PROBLEM_OF: Mapping[type[Exception], str] = MappingProxyType(
    {
        Unauthenticated: "unauthenticated",
        NoKeys: "unavailable",
        NoAnswer: "unavailable",
        psycopg.OperationalError: "unavailable",
        psycopg.InterfaceError: "unavailable",
    }
)
_PROBLEM_OF_STATUS: Mapping[int, str] = MappingProxyType({404: "not-found", 405: "method-not-allowed"})


def create_app(services: Services | None = None, lifespan: Lifespan | None = None) -> FastAPI:
    """Without services only its document can be had."""
    app = FastAPI(
        title="Care Notifications",
        version="1.0.0",
        description="Subscriptions and signed webhooks for partners, an inbox for the staff of clinics.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.add_middleware(Envelope, metrics=services.metrics if services else CollectorRegistry())
    for fault in (Problem, RequestValidationError, HTTPException, *_PROBLEM_OF):
        app.add_exception_handler(fault, _answer)
    for router in (subscriptions.router, inbox.router, operations.router):
        app.include_router(router)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


async def _answer(request: Request, fault: Exception) -> Response:
    made = answer(_problem(fault), request.state.correlation_id)
    if made.status_code == 405:
        made.headers["Allow"] = methods_here(request)
    return made


def _problem(fault: Exception) -> Problem:
    match fault:
        case Problem():
            return fault
        case RequestValidationError():
            return malformed(fault.errors())
        case HTTPException():
            return Problem(_PROBLEM_OF_STATUS.get(fault.status_code, "malformed"))
        case _:
            return Problem(next(_PROBLEM_OF[it] for it in type(fault).__mro__ if it in _PROBLEM_OF))


def _document(app: FastAPI) -> Schema:
    """FastAPI's, with the bodies we read by hand, our problems in place of its own, and the examples."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = made["components"]["schemas"]
    for model in (SubscriptionWanted, ProblemDocument):
        schema = TypeAdapter(model).json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in (it for path in made["paths"].values() for it in path.values()):
        _mend(operation)
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    return made


def _mend(operation: Schema) -> None:
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    for told in answers.values():
        for content in told.get("content", {}).values():
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if name in EXAMPLES:
                content["example"] = EXAMPLES[name]
