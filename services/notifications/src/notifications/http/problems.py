"""Every answer that is not a success: one closed list of problems (RFC 9457), each saying what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One field and the rule it broke; the value is never repeated."""

    pointer: str
    rule: str


class ProblemDocument(BaseModel):
    """What a caller gets in place of an answer. Nothing was changed."""

    type: str
    title: str
    status: int
    detail: str
    correlation_id: str
    rule: str | None = None
    errors: list[Fault] | None = None
    subscription_id: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """An entry of the list: its name in the URL, status, and what the caller should do."""

    name: str
    status: int
    title: str
    what_to_do: str
    retry: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("malformed", 400, "The request is malformed", "Mend what `errors` names and send it again."),
            Kind("unauthenticated", 401, "No valid token", "Send a current bearer token of this network."),
            Kind("forbidden", 403, "Your role may not do this", "Ask somebody whose role may."),
            Kind("not-found", 404, "Not there, or not yours", "Check the id and your clinics."),
            Kind("method-not-allowed", 405, "Not this method", "See the `Allow` header."),
            Kind("already-subscribed", 409, "This address is subscribed", "Use the subscription it names."),
            Kind("too-large", 413, "Too large", "Send at most 128 KiB."),
            Kind("unsupported-media-type", 415, "Not JSON", "Send application/json in UTF-8."),
            Kind("rule-broken", 422, "A rule refuses this", "See `rule`, mend it and send it again."),
            Kind("unavailable", 503, "Not available now", "Send it again after `Retry-After`.", retry=True),
            Kind("defect", 500, "A defect of ours", "Tell us the correlation id.", retry=True),
        )
    }
)
"""Served at /problems/{type}. A name is never reused or removed."""


class Problem(Exception):
    """Raised anywhere below an endpoint; becomes the answer."""

    def __init__(
        self, name: str, *, rule: str | None = None, errors: Sequence[Fault] = (), **more: str
    ) -> None:
        super().__init__(name)
        self.kind, self.rule, self.errors, self.more = KINDS[name], rule, errors, more


def answer(problem: Problem, correlation_id: str) -> JSONResponse:
    """The problem document."""
    kind = problem.kind
    document = ProblemDocument(
        type=f"/problems/{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=kind.what_to_do,
        correlation_id=correlation_id,
        rule=problem.rule,
        errors=list(problem.errors) or None,
        **problem.more,
    )
    content = document.model_dump(exclude_none=True)
    return JSONResponse(content, kind.status, _headers(kind), MEDIA_TYPE)


def malformed(faults: Sequence[Mapping[str, Any]]) -> Problem:
    """From pydantic's findings: pointers and rules only, because its messages repeat the input."""
    return Problem("malformed", errors=[Fault(pointer=_pointer(it["loc"]), rule=it["type"]) for it in faults])


def documented(*names: str) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: the problems an endpoint answers with, besides those that any with a token may."""
    return problems_of("malformed", "unauthenticated", "forbidden", "unavailable", *names)


def problems_of(*names: str) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: these problems and no other."""
    kinds = [KINDS[name] for name in names]
    return {
        kind.status: {
            "description": kind.title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for kind in kinds
    }


def _headers(kind: Kind) -> dict[str, str]:
    match kind.status:
        case 401:
            return {"WWW-Authenticate": "Bearer"}
        case 503:
            return {"Retry-After": "2"}
        case _:
            return {}


def _pointer(location: Sequence[str | int]) -> str:
    """RFC 6901, where `~` and `/` within a name are written `~0` and `~1`."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{part}" for part in parts)
