"""Around every request: a correlation id, the body limit, metrics, and one log line on failure."""

import time
from contextlib import suppress
from functools import cache
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid4

from episodes.http.metrics import REQUEST_SECONDS, REQUESTS
from episodes.http.problems import BodyTooLarge, problem
from episodes.tokens import KeyUnknown

MAX_BODY = 128 * 1024
"""Bytes of a request body."""

log = structlog.get_logger("http")


class Envelope:
    """Pure ASGI, because it stands on the way of every command."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation = _correlation(scope)
        scope.setdefault("state", {})["correlation"] = correlation
        answer = _Answer(send, str(correlation))
        began = time.perf_counter()
        try:
            try:
                await self._app(scope, _limited(receive), answer)
            except KeyUnknown as unknown:
                await self._judge_again(unknown, scope, receive, answer, correlation)
        except Exception as error:
            log.error("defect", error=type(error).__name__, correlation_id=str(correlation), exc_info=True)
            if not answer.begun:
                await problem(error, str(correlation))(scope, receive, answer)
        finally:
            _observe(scope, answer.status, time.perf_counter() - began, correlation)

    async def _judge_again(
        self, unknown: KeyUnknown, scope: Scope, receive: Receive, send: Send, correlation: UUID
    ) -> None:
        """The request from its beginning, once the issuer's keys were read; nothing of it was read before."""
        if await unknown.keys.renewed():
            with suppress(KeyUnknown):
                await self._app(scope, _limited(receive), send)
                return
        await problem(unknown, str(correlation))(scope, receive, send)


class _Answer:
    """Passes the answer on, with the correlation id, and remembers its status."""

    def __init__(self, send: Send, correlation: str) -> None:
        self._send = send
        self._header = (b"x-correlation-id", correlation.encode())
        self.begun = False
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self.status = message["status"]
            message["headers"] = [*message["headers"], self._header]
        await self._send(message)


def _limited(receive: Receive) -> Receive:
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise BodyTooLarge
        return message

    return limited


def _correlation(scope: Scope) -> UUID:
    """The caller's correlation id, else the trace id of its `traceparent` (W3C), else a new one."""
    headers = dict(scope["headers"])
    for text in (headers.get(b"x-correlation-id"), headers.get(b"traceparent", b"")[3:35]):
        if text:
            with suppress(ValueError):
                return UUID(text.decode("ascii"))
    return uuid4()


@cache
def _metrics(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(route)


def _observe(scope: Scope, status: int, seconds: float, correlation: UUID) -> None:
    route = getattr(scope.get("route"), "path", "unknown")
    counter, histogram = _metrics(scope["method"], route, status)
    counter.inc()
    histogram.observe(seconds)
    if status >= 400:
        log.info(
            "refused",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            correlation_id=str(correlation),
        )
