"""What happens to every request, whatever the application inside the layer does."""

import asyncio
import json
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from care_platform.http.correlation import correlation_of
from care_platform.http.handlers import answer_errors
from care_platform.http.layer import RequestLayer
from care_platform.http.limits import MAX_BODY, MAX_HEAD
from care_platform.http.metrics import RequestMetrics
from care_platform.http.problems import Kind, Problem, Problems

PROBLEMS = Problems((Kind("rule-broken", 422, "A rule refuses it", "See `rule`."),), {KeyError: "not-found"})
MINE = UUID(int=7)


class Answered(NamedTuple):
    """What went out: the status, the headers, the body; and what was logged and counted."""

    status: int
    headers: dict[str, str]
    body: bytes
    lines: list[Any]
    counted: CollectorRegistry

    def counting(self, method: str, status: int) -> float | None:
        labels = {"method": method, "route": "unknown", "status": str(status)}
        return self.counted.get_sample_value("care_requests_total", labels)

    @property
    def kind(self) -> str:
        document = json.loads(self.body)
        assert document["correlation_id"] == self.headers["x-correlation-id"]
        return str(document["type"]).removeprefix("/problems/")


def ask(
    app: ASGIApp, method: str = "GET", headers: dict[str, str] | None = None, *pieces: Message
) -> Answered:
    counted, sent = CollectorRegistry(), list[Message]()
    messages = iter(pieces or [{"type": "http.request", "body": b""}])

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": method, "path": "/", "headers": given, "query_string": b""}
    layer = RequestLayer(app, PROBLEMS.answer, RequestMetrics("care", counted))
    with capture_logs() as lines, suppress(asyncio.CancelledError):
        asyncio.run(layer(scope, receive, send))
    begin, *rest = sent
    answered = {name.decode(): value.decode() for name, value in begin["headers"]}
    return Answered(begin["status"], answered, b"".join(it.get("body", b"") for it in rest), lines, counted)


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(scope["method"] + str(correlation_of(scope)))(scope, receive, send)


async def reading(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(str(len(body)))(scope, receive, send)


def raising(error: Exception, *, begun: bool = False) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    return app


def piece(size: int, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


def test_an_answer_carries_the_correlation_and_may_not_be_kept() -> None:
    answered = ask(hello, "GET", {"x-correlation-id": str(MINE)})
    assert answered.body.decode() == f"GET{MINE}"
    assert answered.headers["x-correlation-id"] == str(MINE)
    assert answered.headers["cache-control"] == "no-store"
    assert answered.lines == []
    assert answered.counting("GET", 200) == 1


def test_what_an_answer_says_of_caching_itself_stays() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(headers={"cache-control": "max-age=60"})(scope, receive, send)

    assert ask(app).headers["cache-control"] == "max-age=60"


def test_head_is_get_without_the_body() -> None:
    got, head = (ask(hello, method, {"x-correlation-id": str(MINE)}) for method in ("GET", "HEAD"))
    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")
    assert head.counting("HEAD", 200) == 1


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [(KeyError("Ada Example"), 404, "not-found"), (Problem("rule-broken", rule="r"), 422, "rule-broken")],
)
def test_an_application_may_simply_raise(error: Exception, status: int, kind: str) -> None:
    answered = ask(raising(error))
    assert (answered.status, answered.kind) == (status, kind)
    [line] = answered.lines
    assert (line["event"], line["log_level"], line["status"]) == ("refused", "info", status)
    assert line["correlation_id"] == answered.headers["x-correlation-id"]
    assert "Ada" not in f"{answered.body!r}{line}"


def test_an_error_that_nobody_foresaw_is_a_defect_told_without_its_words() -> None:
    answered = ask(raising(RuntimeError("Ada Example")))
    assert (answered.status, answered.kind) == (500, "defect")
    defect, refused = answered.lines
    assert (defect["event"], defect["error"], refused["status"]) == ("defect", "RuntimeError", 500)
    assert b"Ada" not in answered.body


def test_a_defect_of_an_application_is_logged_once_and_before_it_is_answered() -> None:
    async def defective(request: Request) -> Response:
        raise RuntimeError("Ada Example")

    app, order = Starlette(routes=[Route("/", defective)]), list[str]()
    answer_errors(app, PROBLEMS.answer, PROBLEMS.errors)

    async def noticing(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            order.append(message["type"])
            await send(message)

        await app(scope, receive, sending)

    answered = ask(noticing)
    assert (answered.status, answered.kind, order) == (500, "defect", [])
    assert [line["event"] for line in answered.lines] == ["defect", "refused"]


def test_a_defect_within_an_answer_is_told_and_the_answer_ends_there() -> None:
    answered = ask(raising(RuntimeError(), begun=True))
    assert (answered.status, answered.body) == (200, b"")
    assert [line["event"] for line in answered.lines] == ["defect"]


def test_a_client_that_hangs_up_within_its_request_is_no_defect() -> None:
    answered = ask(reading, "POST", None, piece(6, more=True), {"type": "http.disconnect"})
    [line] = answered.lines
    assert (line["event"], line["log_level"], line["status"]) == ("refused", "info", 499)
    assert answered.counting("POST", 499) == 1
    assert answered.counting("POST", 500) is None


def test_an_error_that_means_the_client_left_is_known_wherever_it_is_raised() -> None:
    assert ask(raising(ClientDisconnect())).status == 499


def test_a_body_up_to_the_limit_is_read_and_one_over_it_is_not() -> None:
    half = MAX_BODY // 2
    assert ask(reading, "POST", None, piece(half, more=True), piece(half)).body == b"%d" % MAX_BODY
    larger = ask(reading, "POST", None, piece(half, more=True), piece(half, more=True), piece(1))
    assert (larger.status, larger.kind) == (413, "too-large")


def test_a_head_over_the_limit_is_refused_before_anything_is_read() -> None:
    fits = {"x-note": "x" * (MAX_HEAD - len("x-note"))}
    assert ask(hello, "GET", fits).status == 200
    refused = ask(hello, "GET", fits | {"y": ""})
    assert (refused.status, refused.kind) == (413, "too-large")
    words = "headers of at most 32 KiB and 100 lines"
    assert json.loads(refused.body)["errors"] == [
        {"pointer": "/headers", "rule": "too_large", "detail": words}
    ]


def test_who_still_waits_when_the_process_ends_is_told_to_come_back() -> None:
    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    answered = ask(waiting)
    assert (answered.status, answered.kind, answered.headers["retry-after"]) == (503, "unavailable", "1")
