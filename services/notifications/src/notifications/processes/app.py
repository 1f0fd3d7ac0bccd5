"""The application: its routes, the layers around them, and its OpenAPI document."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from care_platform.http.authentication import Authentication
from care_platform.http.handlers import answer_errors
from care_platform.http.layer import RequestLayer
from care_platform.http.metrics import RequestMetrics
from care_platform.http.openapi import absent_instead_of_null, complete, nullable_by_type
from care_platform.http.operations import serve_document
from care_platform.http.operations_port import OperationsApart
from notifications.access import Caller
from notifications.http import operations
from notifications.http.examples import EXAMPLES
from notifications.http.problems import PROBLEMS, ProblemDocument
from notifications.http.services import Services
from notifications.inbox import endpoint as inbox
from notifications.subscriptions import endpoint as subscriptions
from notifications.subscriptions.bodies import Confirmation, Reactivation, SubscriptionWanted

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Schema = dict[str, Any]


_TAGS = {
    "subscriptions": "What a partner is told, and how each delivery went",
    "inbox": "What needs the attention of a clinic's staff",
    "operations": "Health, metrics, and what each problem means",
}
_SENT = (SubscriptionWanted, Confirmation, Reactivation)
"""The bodies that callers send."""
_IN_PATHS = {"subscription_id": "The subscription's id.", "item_id": "The item's id."}


def create_app(
    services: Services | None = None, lifespan: Lifespan | None = None, operations_port: int | None = None
) -> FastAPI:
    """The application. Without services it can only produce its OpenAPI document."""
    app = FastAPI(
        title="Care Notifications",
        version="1.0.0",
        description="Subscriptions and signed webhooks for partners, an inbox for the staff of clinics.",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services
    if services is not None:
        metrics = RequestMetrics("notifications", services.metrics)
        app.add_middleware(Authentication[Caller], verifier=services.tokens)
        if operations_port is not None:
            app.add_middleware(OperationsApart, port=operations_port)
        app.add_middleware(RequestLayer, answer=PROBLEMS.answer, metrics=metrics)
    answer_errors(app, PROBLEMS.answer, PROBLEMS.errors)
    for router in (subscriptions.router, inbox.router, operations.router()):
        app.include_router(router)
    serve_document(app, lambda: _document(app))
    return app


def _document(app: FastAPI) -> Schema:
    """FastAPI's document, with the bodies that we read ourselves, our own problems, and examples."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = made["components"]["schemas"]
    for model in (*_SENT, ProblemDocument):
        schema = TypeAdapter(model).json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    complete(made, _TAGS, _IN_PATHS, EXAMPLES)
    sent = {model.__name__ for model in _SENT}
    made["components"]["schemas"] = {
        name: (absent_instead_of_null if name in sent else nullable_by_type)(schemas[name])
        for name in sorted(schemas)
    }
    return made
