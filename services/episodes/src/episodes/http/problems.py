"""Every error as a problem document (RFC 9457), of a closed list. None quotes a value it was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from episodes import errors
from episodes.domain import refusals
from episodes.domain.vocabulary import BY_NAME
from episodes.issuer_keys import NoKeys
from episodes.tokens import Unauthenticated

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: its name in the URL, status, and what the caller should do."""

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
            Kind("unauthenticated", 401, "No valid token", "Send a current bearer token."),
            Kind("forbidden", 403, "Your role may not do this", "Ask somebody whose role may."),
            Kind("not-found", 404, "Not there, or not yours", "Check the ids and your clinics."),
            Kind("method-not-allowed", 405, "Not this method", "See the `Allow` header."),
            Kind("reference-known", 409, "Your source_ref is recorded already", "Read the event it names."),
            Kind("conflict", 409, "Others are writing to this episode", "Send it again.", retry=True),
            Kind("moved", 412, "The episode has moved", "Read it again and decide on its newest version."),
            Kind("too-large", 413, "Too large", "Send at most 128 KiB; keep documents elsewhere."),
            Kind("unsupported-media-type", 415, "Not JSON", "Send application/json in UTF-8."),
            Kind("rule-broken", 422, "A rule refuses this", "See `rule`; mend it and use the same key."),
            Kind("key-reused", 422, "The idempotency key belongs to another request", "Draw a new key."),
            Kind("unavailable", 503, "Not available now", "Send it again after `Retry-After`.", retry=True),
            Kind("defect", 500, "A defect of ours", "Tell us the correlation id.", retry=True),
        )
    }
)
"""Served at /problems/{type}. A name is never reused or removed."""


class Malformed(Exception):
    """A header or parameter that cannot be read: its pointer and the rule it breaks."""

    def __init__(self, pointer: str, rule: str) -> None:
        super().__init__(rule)
        self.pointer = pointer
        self.rule = rule


class NotJson(Exception):
    """The content type is not JSON."""


class BodyTooLarge(Exception):
    """The body is over the limit."""


_BY_ERROR: Mapping[type[Exception], str] = MappingProxyType(
    {
        Malformed: "malformed",
        ValidationError: "malformed",
        Unauthenticated: "unauthenticated",
        NoKeys: "unavailable",
        NotJson: "unsupported-media-type",
        BodyTooLarge: "too-large",
        refusals.NotAllowed: "forbidden",
        refusals.RuleBroken: "rule-broken",
        refusals.Unknown: "rule-broken",
        refusals.Refused: "rule-broken",
        errors.NotThere: "not-found",
        errors.KeyReused: "key-reused",
        errors.ReferenceKnown: "reference-known",
        errors.Moved: "moved",
        errors.InConflict: "conflict",
        errors.TooLarge: "too-large",
        errors.TooManyWaiting: "unavailable",
        errors.StoreUnavailable: "unavailable",
        errors.Behind: "unavailable",
        errors.Failed: "defect",
    }
)
_RULES: Mapping[type[Exception], str] = MappingProxyType(
    {errors.KeyReused: "idempotency-key-reused", errors.Behind: "list-behind"}
)
_BY_STATUS = {404: "not-found", 405: "method-not-allowed"}
HANDLED: tuple[type[Exception], ...] = (*_BY_ERROR, HTTPException)


def problem(error: Exception, correlation: str) -> Response:
    """The answer to an error; anything unforeseen is a defect and says nothing of its cause."""
    kind = KINDS[_kind_of(error)]
    document: dict[str, Any] = {
        "type": f"/problems/{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.what_to_do,
        "correlation_id": correlation,
        **_particulars(error),
    }
    return Response(to_json(document), kind.status, _headers(error, kind), MEDIA_TYPE)


def _kind_of(error: Exception) -> str:
    if isinstance(error, refusals.Unknown) and not error.pointer:
        return "not-found"
    if isinstance(error, HTTPException):
        return _BY_STATUS.get(error.status_code, "malformed")
    return next((_BY_ERROR[cls] for cls in type(error).__mro__ if cls in _BY_ERROR), "defect")


def _headers(error: Exception, kind: Kind) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if kind.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if kind.status in (503, 409) and kind.retry:
        headers["Retry-After"] = "1"
    return headers


def _particulars(error: Exception) -> dict[str, Any]:
    match error:
        case ValidationError():
            return {
                "errors": [_fault(fault) for fault in error.errors(include_url=False, include_input=False)]
            }
        case Malformed():
            return {"errors": [{"pointer": error.pointer, "rule": error.rule}]}
        case refusals.Refused():
            return {"rule": error.rule, "errors": [{"pointer": error.pointer, "rule": error.rule}]}
        case Unauthenticated():
            return {"rule": "token", "errors": [{"pointer": "/headers/authorization", "rule": str(error)}]}
        case errors.KeyReused() | errors.Behind():
            return {"rule": _RULES[type(error)]}
        case errors.ReferenceKnown():
            return {"rule": "source-ref-known", "episode": error.episode, "event": error.event}
        case errors.Moved():
            return {"rule": "if-match", "version": error.version}
        case _:
            return {}


def _fault(fault: ErrorDetails) -> dict[str, str]:
    location = fault["loc"]
    if fault["type"].startswith("union_tag"):
        return {"pointer": "/of", "rule": "of", "detail": "The kind of an entry that may be amended"}
    told_apart = location and location[0] in BY_NAME  # the form of an amendment is found by its `of`
    return {
        "pointer": pointer(location[1:] if told_apart else location),
        "rule": fault["type"],
        "detail": _detail(fault),
    }


def _detail(fault: ErrorDetails) -> str:
    """pydantic's sentence, without the parts in which parsers quote what they read."""
    sentence = fault["msg"]
    if fault["type"].endswith(("_parsing", "_invalid")):
        return sentence.split(",")[0].split(":")[0]
    return sentence


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
