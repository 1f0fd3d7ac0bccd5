"""Turns every error into a problem document (RFC 9457) from a closed list. None quotes a value sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from care_platform.auth.issuer_keys import NoKeys
from care_platform.auth.refusals import TokenFault, Unauthenticated
from care_platform.http.fault_words import of_request
from care_platform.http.json_bodies import NotJson
from care_platform.http.limits import TooLarge
from care_platform.http.malformed import MOST_FAULTS, Malformed
from care_platform.http.rules import FORBIDS, REFUSES, Rule
from care_platform.http.unavailable import Unavailable
from care_platform.key_files import KeyUnavailable

MEDIA_TYPE = "application/problem+json"
CLIENT_LEFT = 499
"""The status, in log and metrics only, of a request whose caller disconnected before sending all of it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its name in the URL, its status, and what the caller should do."""

    name: str
    status: int
    title: str
    what_to_do: str
    retry: bool = False

    @property
    def type(self) -> str:
        """The URL at which the kind is explained."""
        return f"/problems/{self.name}"

    def document(self) -> dict[str, Any]:
        """The members that every problem document of this kind has, but for the correlation id."""
        return {"type": self.type, "title": self.title, "status": self.status, "detail": self.what_to_do}

    def explained(self) -> dict[str, Any]:
        """The document served at that URL."""
        return {
            "type": self.type,
            "status": self.status,
            "title": self.title,
            "what_to_do": self.what_to_do,
            "retry": self.retry,
        }


COMMON = (
    Kind("malformed", 400, "The request is malformed", "Mend what `errors` names and send it again."),
    Kind("unauthenticated", 401, "No valid token", "Send a current bearer token."),
    Kind("forbidden", 403, "Your role may not do this", "Ask somebody whose role may."),
    Kind("not-found", 404, "Not there, or not yours", "Check the ids and your clinics."),
    Kind("method-not-allowed", 405, "Not this method", "See the `Allow` header."),
    Kind("too-slow", 408, "The request took too long", "Send it whole within 30 seconds.", retry=True),
    Kind("too-large", 413, "Too large", "Send at most 128 KiB; keep documents elsewhere."),
    Kind("unsupported-media-type", 415, "Not JSON", "Send application/json in UTF-8."),
    Kind("unavailable", 503, "Not available now", "Send it again after `Retry-After`.", retry=True),
    Kind("defect", 500, "A defect of ours", "Tell us the correlation id.", retry=True),
)
"""The kinds that every service has."""
_BY_ERROR: Mapping[type[Exception], str] = MappingProxyType(
    {
        Unauthenticated: "unauthenticated",
        NoKeys: "unavailable",
        KeyUnavailable: "unavailable",
        TooLarge: "too-large",
        NotJson: "unsupported-media-type",
        Malformed: "malformed",
    }
)
_EFFECTS = MappingProxyType({"rule-broken": REFUSES, "forbidden": FORBIDS})
"""What the rules do that a kind of problem tells of."""
_BY_STATUS = MappingProxyType({404: "not-found", 405: "method-not-allowed"})


class Problem(Exception):
    """Raised by an endpoint that knows the kind of problem. `particulars` become members of the document."""

    def __init__(self, kind: str, **particulars: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.particulars = particulars


class Problems:
    """The closed list of a service's problems, and the only way from an error to an answer.

    `by_error` maps the service's own errors to kinds, and `particulars` adds members to their documents. A
    document that names one of the `rules` says what it means and where it is explained.
    Any other error is a defect, and its document does not reveal the cause.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        by_error: Mapping[type[Exception], str],
        particulars: Callable[[Exception], Mapping[str, Any]] = lambda _: {},
        rules: Iterable[Rule] = (),
    ) -> None:
        self.kinds: Mapping[str, Kind] = MappingProxyType(
            {kind.name: kind for kind in sorted((*COMMON, *kinds), key=lambda kind: kind.status)}
        )
        self._by_error = {**_BY_ERROR, **by_error}
        self.rules: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in rules})
        self._particulars = particulars
        self._unavailable = Unavailable()
        self.errors: tuple[type[Exception], ...] = (
            Problem,
            HTTPException,
            ClientDisconnect,
            *self._by_error,
        )
        """The errors that have a kind; any other is a defect."""

    def answer(self, error: Exception, correlation: UUID) -> Response:
        """The problem document of an error."""
        if isinstance(error, ClientDisconnect):
            return Response(status_code=CLIENT_LEFT)
        kind = self.kinds[self.kind_of(error)]
        if kind.status == 503:
            self._unavailable.tell(error)
        more = self._explained(_bounded(self._particular(error)))
        document = {**kind.document(), "correlation_id": str(correlation), **more}
        return Response(to_json(document), kind.status, _headers(error, kind), MEDIA_TYPE)

    def behind(self, kind: Kind) -> Iterator[Rule]:
        """The rules that a problem of this kind may name."""
        effects = _EFFECTS.get(kind.name)
        return (rule for rule in self.rules.values() if effects and rule.effect.startswith(effects))

    def kind_of(self, error: Exception) -> str:
        match error:
            case Problem():
                return error.kind
            case HTTPException():
                return _BY_STATUS.get(error.status_code, "malformed")
        return next((self._by_error[cls] for cls in type(error).__mro__ if cls in self._by_error), "defect")

    def _explained(self, particulars: Mapping[str, Any]) -> Mapping[str, Any]:
        rule = self.rules.get(particulars.get("rule", ""))
        if rule is None:
            return particulars
        faults = [
            {**fault, "detail": fault.get("detail", rule.meaning)} for fault in particulars.get("errors", ())
        ]
        return {**particulars, "documentation": rule.documentation, "errors": faults}

    def _particular(self, error: Exception) -> Mapping[str, Any]:
        match error:
            case Problem():
                return error.particulars
            case Unauthenticated():
                fault = {"rule": error.fault.value, "detail": error.fault.sentence}
                return {"rule": "token", "errors": [{"pointer": "/headers/authorization", **fault}]}
            case Malformed():
                return {"errors": [of_request(error.pointer, error.rule, error.detail)]}
            case TooLarge(part="head"):
                return {"errors": [of_request("/headers", "too_large")]}
        return self._particulars(error)


def _bounded(particulars: Mapping[str, Any]) -> Mapping[str, Any]:
    """These with the first faults alone, and the number of those left out."""
    left_out = len(particulars.get("errors", ())) - MOST_FAULTS
    if left_out <= 0:
        return particulars
    return {**particulars, "errors": particulars["errors"][:MOST_FAULTS], "further_errors": left_out}


def _headers(error: Exception, kind: Kind) -> dict[str, str]:
    headers = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = _challenge(error.fault)
    if kind.retry and kind.status != 500:
        headers["Retry-After"] = "1"
    if isinstance(error, HTTPException) and error.headers and "Allow" in error.headers:
        headers["Allow"] = error.headers["Allow"]
    return headers


def _challenge(fault: TokenFault) -> str:
    """A challenge says nothing of an error to a caller that sent no token (RFC 6750, section 3)."""
    if fault is TokenFault.NO_TOKEN:
        return "Bearer"
    return f'Bearer error="invalid_token", error_description="{fault.sentence}"'
