"""The problems of this service: its kinds, and what its errors become. No document quotes what was sent."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from care_platform.http.fault_words import Fault, of_request
from care_platform.http.malformed import pointer
from care_platform.http.problems import Kind, Problems
from episodes import errors
from episodes.domain import refusals
from episodes.domain.vocabulary import BY_NAME
from episodes.event_log.stored_form import FromLaterRelease
from episodes.http.fault_words import in_words
from episodes.http.rules import RULES

_KINDS = (
    Kind(
        "reference-known",
        409,
        "Your source_ref is recorded already",
        "Read the event, if it is yours to see.",
    ),
    Kind("conflict", 409, "Others are writing to this episode", "Send it again.", retry=True),
    Kind(
        "another-log",
        410,
        "The position is of another log",
        "A backup was restored: begin anew without a position, and drop by its id each event that you have.",
    ),
    Kind("moved", 412, "There is another version now", "Read it again and decide on its newest version."),
    Kind(
        "precondition-required", 428, "If-Match is required", "Read the entry, and send its ETag as If-Match."
    ),
    Kind(
        "rule-broken",
        422,
        "A rule refuses this",
        "See `documentation`, which explains `rule`; mend it and use the same key.",
    ),
    Kind(
        "too-many-requests",
        429,
        "Too many of your requests wait",
        "Await the answers to some; send it again after `Retry-After`.",
        retry=True,
    ),
    Kind("key-reused", 422, "The idempotency key belongs to another request", "Draw a new key."),
)
_BY_ERROR: Mapping[type[Exception], str] = MappingProxyType(
    {
        ValidationError: "malformed",
        RequestValidationError: "malformed",
        refusals.NotAllowed: "forbidden",
        refusals.Refused: "rule-broken",
        errors.NotThere: "not-found",
        errors.KeyReused: "key-reused",
        errors.ReferenceKnown: "reference-known",
        errors.Moved: "moved",
        errors.PreconditionRequired: "precondition-required",
        errors.AnotherLog: "another-log",
        errors.InConflict: "conflict",
        errors.TooLarge: "too-large",
        errors.TooManyWaiting: "unavailable",
        errors.TooManyRequests: "too-many-requests",
        errors.StoreUnavailable: "unavailable",
        errors.Behind: "unavailable",
        errors.EarlierReleasesRun: "unavailable",
        FromLaterRelease: "unavailable",
        errors.Failed: "defect",
    }
)
_LATER = (
    "An event of this episode can be read by a later release alone: a process of that release answers. "
    "Send it again after `Retry-After`."
)
_EARLIER = (
    "A process of an earlier release, which may still run, could not read it. "
    "Send it again when the deployment is complete."
)
_SAID: Mapping[type[Exception], dict[str, Any]] = MappingProxyType(
    {
        errors.KeyReused: {"rule": "idempotency-key-reused"},
        errors.Behind: {"rule": "list-behind"},
        errors.EarlierReleasesRun: {"rule": "earlier-release", "detail": _EARLIER},
        FromLaterRelease: {"rule": "later-release", "detail": _LATER},
    }
)


class _Problems(Problems):
    def kind_of(self, error: Exception) -> str:
        """Something unknown that the path names is not there; if the body names it, a rule is broken."""
        if isinstance(error, refusals.Unknown) and not error.pointer:
            return "not-found"
        return super().kind_of(error)


def _particulars(error: Exception) -> dict[str, Any]:
    match error:
        case ValidationError():
            return {"errors": [_fault(fault) for fault in error.errors(include_url=False)]}
        case RequestValidationError():
            return {"errors": [_fault(fault) for fault in error.errors()]}
        case refusals.Refused():
            more = {"detail": error.detail} if error.says_more else {}
            return {**_at(error.pointer, error.rule), **more}
        case errors.KeyReused() | errors.Behind() | errors.EarlierReleasesRun() | FromLaterRelease():
            return _SAID[type(error)]
        case errors.ReferenceKnown():
            return {"rule": "source-ref-known", **_if_known(episode=error.episode, event=error.event)}
        case errors.Moved():
            return {"rule": "if-match", **_if_known(version=error.version)}
        case errors.PreconditionRequired():
            return {"rule": "required", "errors": [of_request("/headers/if-match", "required")]}
        case _:
            return {}


def _if_known(**particulars: object) -> dict[str, object]:
    """Those that may be told."""
    return {name: value for name, value in particulars.items() if value is not None}


def _at(pointer: str, rule: str) -> dict[str, Any]:
    return {"rule": rule, "errors": [{"pointer": pointer, "rule": rule}]}


def _fault(fault: Fault) -> dict[str, str]:
    location = fault["loc"]
    rule, detail = in_words(fault)
    if rule == "of":
        return {"pointer": "/of", "rule": rule, "detail": detail}
    told_apart = location and location[0] in BY_NAME  # the form of an amendment is found by its `of`
    return {"pointer": pointer(location[1:] if told_apart else location), "rule": rule, "detail": detail}


PROBLEMS = _Problems(_KINDS, _BY_ERROR, _particulars, RULES)
KINDS = PROBLEMS.kinds
"""Served at /problems/{type}. A name is never reused or removed."""
