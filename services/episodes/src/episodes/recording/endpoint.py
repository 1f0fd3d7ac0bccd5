"""One endpoint per step of care, made from the table of steps: parse, hand to the writer, answer."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, create_model
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from care_platform.crash_points import crash_point
from care_platform.http.json_bodies import json_body, read_json
from care_platform.http.parameters import Id, check_query
from episodes.access import Caller
from episodes.domain.step import Step
from episodes.event_log.keyring import Keyring
from episodes.http.entity_tags import if_match
from episodes.http.requests import (
    at_hand,
    correlation,
    idempotency_key,
    path_id,
    permitted,
    traceparent,
)
from episodes.recording.amendment_bodies import amendment_form, part_of
from episodes.recording.commands import Answer, Circumstances, CommandRequest
from episodes.recording.strict_models import STRICT, strict_fields
from episodes.recording.writer import Writer

_CLINIC = "The clinic that opens the episode; it must be one of the caller's."
Endpoint = Callable[[Request], Awaitable[Response]]


class CommandRoute(Route):
    """A plain Starlette route: FastAPI would parse parameters, of which a command has none to be parsed.

    It names itself to the metrics, as FastAPI's own routes do.
    """

    @classmethod
    def of(cls, described: BaseRoute) -> "CommandRoute":
        """The route that answers in place of one that FastAPI describes."""
        if not isinstance(described, Route):
            raise TypeError("a route with a path is needed")
        return cls(described.path, described.endpoint, methods=["POST"])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self}


class Created(Response):
    """201 with a JSON body. Its headers are bytes already: reading them cost more than sending them."""

    def __init__(self, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.status_code = 201
        self.background = None
        self.body = body
        self.raw_headers = [
            *headers,
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
        ]


class Body(NamedTuple):
    """A command's body, read: the fact as drafted, what was said beside it, and an opening's clinic."""

    draft: Any
    circumstances: Circumstances
    clinic: UUID | None


def path_of(step: Step) -> str:
    if step.opens or step.scope == "client":
        return f"/v1/{step.resource}"
    return f"/v1/episodes/{{episode}}/{step.resource}"


def body_form(step: Step) -> TypeAdapter[Body]:
    """Reads a command's body strictly: the fact's own fields and the common ones, on one level."""
    clinic: dict[str, Any] = {"clinic": (Id, Field(description=_CLINIC))} if step.opens else {}
    own, common, held = strict_fields(step.fact), strict_fields(Circumstances), part_of(step.fact)
    drafted = list(own) if held is None else [*own, "of", held[0]]

    def split(body: BaseModel) -> Body:
        values = body.__dict__
        return Body(
            step.fact(**{name: values[name] for name in drafted}),
            Circumstances(**{name: values[name] for name in common}),
            values.get("clinic"),
        )

    if held is not None:
        return amendment_form(step, held, common, split)
    model = create_model(
        f"{step.fact.__name__}Command",
        __config__=STRICT,
        __doc__=step.fact.__doc__,
        **clinic,
        **own,
        **common,
    )
    form: TypeAdapter[Body] = TypeAdapter(Annotated[model, AfterValidator(split)])  # type: ignore[arg-type]
    return form


def endpoint(step: Step, form: TypeAdapter[Body]) -> Endpoint:
    """The endpoint that records this step."""
    of_client = step.scope == "client"
    names_what = "{about}" in step.resource
    expects = not step.opens and not of_client  # of several episodes, or of none yet, no version is expected

    async def record(request: Request) -> Response:
        caller = permitted(request, step.resource, "write")
        check_query(request.scope, ())
        key = idempotency_key(request)
        expected = if_match(request) if expects else None
        raw = await json_body(request)
        body = read_json(form, raw)
        keyring = at_hand(request, Keyring)
        command = CommandRequest(
            id=key,
            caller=caller,
            step=step,
            draft=body.draft,
            circumstances=body.circumstances,
            mac=partial(keyring.mac, _digest(request, caller, raw)),
            correlation=correlation(request),
            traceparent=traceparent(request),
            episode=None if step.opens or of_client else path_id(request, "episode"),
            clinic=body.clinic,
            client=path_id(request, "client") if of_client else None,
            about=path_id(request, "about") if names_what else None,
            if_match=expected,
            **_references(keyring, caller, body.circumstances),
        )
        answer = await at_hand(request, Writer).submit(command)
        crash_point("api.before-answer")
        return _answer(answer)

    record.__name__ = step.command
    record.__doc__ = (None if of_client else step.decide.__doc__) or step.fact.__doc__
    return record


def _digest(request: Request, caller: Caller, raw: bytes) -> bytes:
    """What makes two requests the same: method, path, who asks, the expected version, and the body.

    Role and organisation stand beside it in the receipt: of receipts recorded before they did, this is all.
    """
    expected = ",".join(request.headers.getlist("if-match"))
    head = (request.method, request.scope["path"], str(caller.actor.id), expected)
    return sha256("\n".join(head).encode() + b"\n" + raw).digest()


def _references(keyring: Keyring, caller: Caller, circumstances: Circumstances) -> Mapping[str, bytes]:
    """The hash of `source_ref`; of a partner's also the one that it had among those of all callers."""
    said = circumstances.source_ref
    if said is None:
        return {}
    common = keyring.reference(caller.network, said.system, said.value)
    if caller.partner is None:
        return {"reference": common}
    own = keyring.reference(caller.network, said.system, said.value, caller.partner)
    return {"reference": own, "common_reference": common}


def _answer(answer: Answer) -> Response:
    headers = [(b"location", f"/v1/episodes/{answer.episode}/events/{answer.event}".encode())]
    if answer.version is not None:
        headers.append((b"etag", b'"%d"' % answer.version))
    if answer.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    return Created(answer.body, headers)
