"""The kinds of problem of this service, and the kind for each error. No document quotes what was sent."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import psycopg
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from care_platform.http.problems import MEDIA_TYPE, Kind, Problems, pointer
from notifications.delivering.courier import NoAnswer

_KINDS = (
    Kind("already-subscribed", 409, "This address is subscribed", "Use the subscription it names."),
    Kind("rule-broken", 422, "A rule refuses this", "See `rule`, mend it and send it again."),
)
_BY_ERROR: Mapping[type[Exception], str] = MappingProxyType(
    {
        RequestValidationError: "malformed",
        NoAnswer: "unavailable",
        psycopg.OperationalError: "unavailable",
        psycopg.InterfaceError: "unavailable",
    }
)


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


def _particulars(error: Exception) -> dict[str, Any]:
    return {"errors": faults(error.errors())} if isinstance(error, RequestValidationError) else {}


PROBLEMS = Problems(_KINDS, _BY_ERROR, _particulars)
KINDS = PROBLEMS.kinds
"""Served at /problems/{type}. A name is never reused or removed."""


def faults(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """pydantic's findings reduced to pointers and rules, because its messages repeat the input."""
    return [{"pointer": pointer(it["loc"]), "rule": it["type"]} for it in found]


def documented(*names: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of an endpoint that takes a token: the common problems, and those named."""
    return problems_of("malformed", "unauthenticated", "forbidden", "unavailable", *names)


def problems_of(*names: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses for these problems alone."""
    return {
        KINDS[name].status: {
            "description": KINDS[name].title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for name in names
    }
