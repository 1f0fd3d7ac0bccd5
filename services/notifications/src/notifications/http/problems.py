"""The kinds of problem of this service, and the kind for each error. No document quotes what was sent."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic.json_schema import SkipJsonSchema

from care_platform.http import problem_document
from care_platform.http.fault_words import Fault, Told, told
from care_platform.http.malformed import pointer
from care_platform.http.problems import Kind, Problems
from care_platform.postgres.faults import UNUSABLE
from notifications.answers import NoAnswer
from notifications.http.rules import RULES

_KINDS = (
    Kind("already-subscribed", 409, "This address is subscribed", "Use the subscription it names."),
    Kind("too-many-subscriptions", 409, "The partner has too many subscriptions", "End one of them first."),
    Kind(
        "rule-broken",
        422,
        "A rule refuses this",
        "See `documentation`, which explains `rule`; mend it and send it again.",
    ),
)
_BY_ERROR: Mapping[type[Exception], str] = MappingProxyType(
    {
        RequestValidationError: "malformed",
        NoAnswer: "unavailable",
        **dict.fromkeys(UNUSABLE, "unavailable"),
    }
)


class ProblemDocument(problem_document.ProblemDocument):
    """What a caller gets in place of an answer (RFC 9457). Nothing was changed."""

    subscription_id: UUID | SkipJsonSchema[None] = None
    """The subscription that has the address already; absent from any other problem."""


def _particulars(error: Exception) -> dict[str, Any]:
    return {"errors": faults(error.errors())} if isinstance(error, RequestValidationError) else {}


PROBLEMS = Problems(_KINDS, _BY_ERROR, _particulars, RULES)
KINDS = PROBLEMS.kinds
"""Served at /problems/{type}. A name is never reused or removed."""


_ADDRESS = Told("address", "an address that begins with https:// and has printable ASCII characters alone")


def faults(found: Sequence[Fault]) -> list[dict[str, str]]:
    """pydantic's findings as pointers, rules and sentences of ours, because its own repeat the input."""
    return [{"pointer": pointer(it["loc"]), **_in_words(it)._asdict()} for it in found]


def _in_words(fault: Fault) -> Told:
    """The one text with a form of its own is the address of a subscription."""
    return _ADDRESS if fault["type"] == "string_pattern_mismatch" else told(fault)


def documented(*names: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses for the problems of an endpoint that takes a token, those named among them."""
    common = ("malformed", "unauthenticated", "forbidden", "too-slow", "too-large", "unavailable", "defect")
    return problems_of(*common, *names)


def problems_of(*names: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses for these problems and no other."""
    kinds = [KINDS[name] for name in names]
    return {
        status: problem_document.described((it for it in kinds if it.status == status), "ProblemDocument")
        for status in {kind.status for kind in kinds}
    }
