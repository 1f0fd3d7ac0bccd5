"""Health that tells the truth, metrics, and what each kind of problem means: served by every service."""

from asyncio import to_thread
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import to_json
from starlette.responses import PlainTextResponse

from care_platform.described_model import DescribedModel
from care_platform.http.problems import COMMON, Problem, Problems
from care_platform.http.rules import Rule
from care_platform.http.shared_answers import SharedAnswer

EXAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "Live": {"live": True},
        "Ready": {"ready": True},
        "Explained": COMMON[0].explained(),
        "ExplainedRule": {
            "rule": "unknown-partner",
            "effect": "refuses",
            "meaning": "the directory has no partner with that id",
            "source": "refers to nothing",
            "documentation": "/problems/rules/unknown-partner",
        },
    }
)
"""An example of each answer, by the name of its form."""
_METRICS = 'episodes_requests_total{method="GET",route="/v1/feed",status="200"} 12.0'

Responses = dict[int | str, dict[str, Any]]
"""The `responses` of an operation in the OpenAPI document, by status."""


class Live(DescribedModel):
    """Whether the process answers and its work goes on; if not, it is to be started anew."""

    live: bool
    """Whether the process is alive; if not, it is to be started anew."""


class Ready(DescribedModel):
    """Whether requests can be answered now."""

    ready: bool
    """Whether the service is ready."""
    reason: str | SkipJsonSchema[None] = None
    """Why the service is not ready, in words for an operator."""
    warnings: list[str] | SkipJsonSchema[None] = None
    """What an operator must look into while the service goes on; absent when there is nothing."""


class ExplainedRule(DescribedModel):
    """What a rule means that an answer names."""

    rule: str
    """The name of the rule, as an answer has it."""
    effect: str
    """What becomes of a request that breaks it, such as `refuses`, `forbids`, `breach` or `warns`."""
    meaning: str
    """What is the case where the rule is broken."""
    source: str
    """The law that the rule is from, `ours`, or why the request is refused."""
    documentation: str
    """The address at which the rule is explained."""

    @classmethod
    def of(cls, rule: Rule) -> "ExplainedRule":
        return cls(
            rule=rule.name,
            effect=rule.effect,
            meaning=rule.meaning,
            source=rule.source,
            documentation=rule.documentation,
        )


class Explained(DescribedModel):
    """What a kind of problem means and what to do about it."""

    type: str
    """The kind of problem: the address at which it is explained."""
    status: int
    """The HTTP status of answers that tell of the problem."""
    title: str
    """The kind of problem in a few words."""
    what_to_do: str
    """What the caller should do."""
    retry: bool
    """Whether the same request may succeed later."""
    rules: list[ExplainedRule] | SkipJsonSchema[None] = None
    """The rules that may be behind it, each with its meaning; absent where none is."""


async def _no_warnings(_: Request) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Operations:
    """What a service tells of itself. `why_not_ready` gives a reason, or None while it is ready; `warnings`
    are told beside it, ready or not."""

    alive: Callable[[Request], bool]
    why_not_ready: Callable[[Request], Coroutine[Any, Any, str | None]]
    metrics: Callable[[Request], Coroutine[Any, Any, bytes]]
    warnings: Callable[[Request], Coroutine[Any, Any, Sequence[str]]] = _no_warnings


def serve_document(app: FastAPI, make: Callable[[], dict[str, Any]]) -> None:
    """Serve the OpenAPI document, made and written once. The application has no `openapi_url`.

    It takes a second to make, for which no other request should wait.
    """
    app.openapi = cache(make)  # type: ignore[method-assign]
    written = cache(lambda: to_json(app.openapi()))

    document = SharedAnswer(lambda _: to_thread(written))

    async def read_document(request: Request) -> Response:
        return Response(await document(request), media_type="application/json")

    app.add_route("/openapi.json", read_document, methods=["GET"], include_in_schema=False)


def router(operations: Operations, problems: Problems, refused: Callable[[str], Responses]) -> APIRouter:
    """The routes. `refused` gives a kind of problem as the service documents it."""
    routes = APIRouter(
        tags=["operations"], responses=refused("too-slow") | refused("too-large") | refused("defect")
    )

    why_not_ready, metrics = SharedAnswer(operations.why_not_ready), SharedAnswer(operations.metrics)
    warnings = SharedAnswer(operations.warnings)

    @routes.get("/health/live", responses={503: {"model": Live, "description": "To be started anew"}})
    async def check_live(request: Request, response: Response) -> Live:
        """200 while the process answers and its work goes on."""
        alive = operations.alive(request)
        response.status_code = 200 if alive else 503
        return Live(live=alive)

    @routes.get(
        "/health/ready",
        response_model_exclude_none=True,
        responses={503: {"model": Ready, "description": "Not ready"}},
    )
    async def check_ready(request: Request, response: Response) -> Ready:
        """200 while the database is as this release needs it and tokens can be judged, else the reason.
        `warnings` name what an operator must look into while requests are answered."""
        reason = await why_not_ready(request)
        response.status_code = 503 if reason else 200
        return Ready(ready=reason is None, reason=reason, warnings=list(await warnings(request)) or None)

    @routes.get(
        "/metrics",
        response_class=PlainTextResponse,
        responses={200: {"content": {"text/plain": {"example": _METRICS}}}, **refused("unavailable")},
    )
    async def read_metrics(request: Request) -> Response:
        """What the service counts, in the text format of Prometheus."""
        return PlainTextResponse(await metrics(request), media_type=CONTENT_TYPE_LATEST)

    @routes.get("/problems/rules/{rule}", responses=refused("malformed") | refused("not-found"))
    async def explain_rule(rule: Annotated[str, Path(description="The name of the rule.")]) -> ExplainedRule:
        """What a rule means that a problem, a warning or a breach names."""
        found = problems.rules.get(rule)
        if found is None:
            raise Problem("not-found")
        return ExplainedRule.of(found)

    @routes.get(
        "/problems/{type}",
        response_model_exclude_none=True,
        responses=refused("malformed") | refused("not-found"),
    )
    async def explain_problem(type: Annotated[str, Path(description="The name of the kind.")]) -> Explained:
        """What a kind of problem means, what to do, whether to try again, and the rules behind it."""
        kind = problems.kinds.get(type)
        if kind is None:
            raise Problem("not-found")
        behind = [ExplainedRule.of(rule) for rule in problems.behind(kind)]
        return Explained(**kind.explained(), rules=behind or None)

    return routes
