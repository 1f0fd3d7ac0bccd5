"""What is done to every request: one pure ASGI layer around the application.

It finds the correlation id, limits head and body, answers every error, serves `HEAD` as `GET` without the
body, forbids caching, counts, and writes one line for each request that was not answered with a success.
Inside it an application can simply raise its errors.
"""

import time
from asyncio import CancelledError
from collections.abc import Callable
from uuid import UUID

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from care_platform.http.correlation import correlation, traceparent
from care_platform.http.limits import check_head, limited
from care_platform.http.metrics import RequestMetrics
from care_platform.http.problems import Problem
from care_platform.logs import Loggable

Answer = Callable[[Exception, UUID], Response]
"""Builds the problem document for an error and a correlation id; see `Problems.answer`."""

log = structlog.get_logger("http")


class RequestLayer:
    """The outermost layer. Sets `correlation` and `traceparent` in the scope's state.

    The metrics use `scope["route"].path`. An inner layer may put the `reason` of a refusal into the state.
    """

    def __init__(self, app: ASGIApp, answer: Answer, metrics: RequestMetrics) -> None:
        self._app = app
        self._answer = answer
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        method: str = scope["method"]
        if method == "HEAD":
            scope = {**scope, "method": "GET"}
        given = scope["headers"]
        traced = traceparent(_values(given, b"traceparent"))
        found = correlation(_values(given, b"x-correlation-id"), traced)
        scope.setdefault("state", {}).update(correlation=found, traceparent=traced)
        sending = _Sending(send, str(found), body=method != "HEAD")
        try:
            check_head(scope["path"], given)
            await self._app(scope, limited(receive), sending)
        except CancelledError:  # the process ends: it was told to, and waits no longer for this answer
            await self._tell(Problem("unavailable"), found, scope, receive, sending)
            raise
        except Exception as error:
            await self._tell(error, found, scope, receive, sending)
        finally:
            self._observe(method, scope, sending.status, time.perf_counter() - began, found)

    async def _tell(
        self, error: Exception, found: UUID, scope: Scope, receive: Receive, sending: "_Sending"
    ) -> None:
        response = self._answer(error, found)
        if response.status_code == 500:
            reason = {"reason": str(error)} if isinstance(error, Loggable) else {}
            log.error(
                "defect", error=type(error).__name__, **reason, correlation_id=str(found), exc_info=error
            )
        if not sending.begun:
            await response(scope, receive, sending)

    def _observe(self, method: str, scope: Scope, status: int, seconds: float, found: UUID) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.observe(method, route, status, seconds)
        if status >= 400:
            log.info(
                "refused",
                method=method,
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
                correlation_id=str(found),
                **_reason(scope),
            )


class _Sending:
    """Forwards the answer with the headers that every answer has, and keeps its status."""

    def __init__(self, send: Send, correlation: str, *, body: bool) -> None:
        self._send = send
        self._header = (b"x-correlation-id", correlation.encode())
        self._body = body
        self.begun = False
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self.status = message["status"]
            headers = [*message["headers"], self._header]
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = headers
        elif not self._body:
            message["body"] = b""
        await self._send(message)


def _reason(scope: Scope) -> dict[str, str]:
    state = scope["state"]
    return {"reason": state["reason"]} if "reason" in state else {}


def _values(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]
