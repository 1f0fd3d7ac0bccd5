"""The problems of this service: its kinds, and what its errors become. No document quotes what was sent."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import psycopg
from fastapi.exceptions import RequestValidationError

from care_platform.described_model import DescribedModel
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


class Fault(DescribedModel):
    """One part of the request and the rule it broke; the value is never repeated."""

    pointer: str
    """The part of the request, as a JSON pointer (RFC 6901)."""
    rule: str
    """The name of the rule."""


class ProblemDocument(DescribedModel):
    """What a caller gets in place of an answer (RFC 9457). Nothing was changed."""

    type: str
    """The kind of problem: the address at which it is explained."""
    title: str
    """The kind of problem in a few words."""
    status: int
    """The HTTP status of the answer."""
    detail: str
    """What the caller should do."""
    correlation_id: str
    """The id of the request's story; name it when you ask about the problem."""
    rule: str | None = None
    """The name of the rule that refuses the request; absent where no single rule does."""
    errors: list[Fault] | None = None
    """The parts of the request that are at fault; absent where no single part is."""
    subscription_id: str | None = None
    """The subscription that has the address already; absent from any other problem."""


def _particulars(error: Exception) -> dict[str, Any]:
    return {"errors": faults(error.errors())} if isinstance(error, RequestValidationError) else {}


PROBLEMS = Problems(_KINDS, _BY_ERROR, _particulars)
KINDS = PROBLEMS.kinds
"""Served at /problems/{type}. A name is never reused or removed."""


def faults(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """From pydantic's findings: pointers and rules only, because its messages repeat the input."""
    return [{"pointer": pointer(it["loc"]), "rule": it["type"]} for it in found]


def documented(*names: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses for the problems of an endpoint that takes a token, those named among them."""
    return problems_of("malformed", "unauthenticated", "forbidden", "unavailable", *names)


def problems_of(*names: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses for these problems and no other."""
    return {
        KINDS[name].status: {
            "description": KINDS[name].title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for name in names
    }
