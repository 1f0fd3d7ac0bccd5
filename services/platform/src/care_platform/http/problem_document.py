"""The form of a problem document, and how an OpenAPI document shows the problems of one status."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic.json_schema import SkipJsonSchema

from care_platform.described_model import DescribedModel
from care_platform.http.problems import MEDIA_TYPE, Kind

_CORRELATION = "0b7f3c52-9a1e-4d7c-8f60-2e5d4c3b2a19"


class Fault(DescribedModel):
    """One place in the request and the rule it broke; the value is never repeated."""

    pointer: str
    """Where, as a JSON pointer; `/query/limit` and `/headers/if-match` name what is outside the body."""
    rule: str
    """The rule that was broken."""
    detail: str | SkipJsonSchema[None] = None
    """The rule in words."""


class ProblemDocument(DescribedModel):
    """What a caller gets in place of an answer (RFC 9457). Nothing was changed."""

    type: str
    """The kind of problem, as the address at which it is explained."""
    title: str
    """The kind of problem in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What the caller can do about it."""
    correlation_id: UUID
    """The id under which the service logged the request."""
    rule: str | SkipJsonSchema[None] = None
    """The rule that refused the request, if one did."""
    documentation: str | SkipJsonSchema[None] = None
    """The address at which that rule is explained; absent where `type` and `errors` say all."""
    errors: list[Fault] | SkipJsonSchema[None] = None
    """Where the request breaks which rule: the first 20 places."""
    further_errors: int | SkipJsonSchema[None] = None
    """How many more places there are, if there are more than 20."""


def described(kinds: Iterable[Kind], schema: str) -> dict[str, Any]:
    """The OpenAPI response of the kinds of problem that share a status; `schema` is the form's name."""
    kinds = list(kinds)
    content = {
        "schema": {"$ref": f"#/components/schemas/{schema}"},
        "examples": {kind.name: {"value": _example(kind)} for kind in kinds},
    }
    return {"description": "; ".join(kind.title for kind in kinds), "content": {MEDIA_TYPE: content}}


def _example(kind: Kind) -> dict[str, Any]:
    return {**kind.document(), "correlation_id": _CORRELATION}
