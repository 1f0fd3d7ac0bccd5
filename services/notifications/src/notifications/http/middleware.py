"""Around every request: a correlation id, the body limit, metrics, a log line, an answer even to a defect."""

import time
from uuid import UUID, uuid4

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifications.http.problems import Problem, answer

MAX_BODY = 128 * 1024
log = structlog.get_logger()


class Envelope:
    """Pure ASGI, so that it also sees what the framework itself answers."""

    def __init__(self, app: ASGIApp, metrics: CollectorRegistry) -> None:
        self._app = app
        labels = ["method", "route", "status"]
        self._requests = Counter("notifications_requests", "Requests answered", labels, registry=metrics)
        self._seconds = Histogram(
            "notifications_request_seconds", "Time to answer", ["route"], registry=metrics
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation = _correlation(scope)
        scope.setdefault("state", {})["correlation_id"] = correlation
        out = _Answer(send, correlation)
        began = time.perf_counter()
        try:
            await self._app(scope, _limited(receive), out)
        except Exception as fault:
            log.error("defect", error=_chain(fault), where=_where(fault), correlation_id=correlation)
            if not out.begun:
                await answer(Problem("defect"), correlation)(scope, receive, out)
        finally:
            self._observe(scope, out.status, time.perf_counter() - began, correlation)

    def _observe(self, scope: Scope, status: int, seconds: float, correlation: str) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._requests.labels(scope["method"], route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if not route.startswith(("/health", "/metrics")):
            log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
                correlation_id=correlation,
            )


class _Answer:
    """Passes the answer on, with the correlation id, and remembers its status."""

    def __init__(self, send: Send, correlation: str) -> None:
        self._send = send
        self._headers = [(b"x-correlation-id", correlation.encode()), (b"cache-control", b"no-store")]
        self.begun, self.status = False, 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun, self.status = True, message["status"]
            message["headers"] = [*message["headers"], *self._headers]
        await self._send(message)


def _limited(receive: Receive) -> Receive:
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise Problem("too-large")
        return message

    return limited


def _correlation(scope: Scope) -> str:
    """The caller's, if it is a UUID: nothing else gets into our logs."""
    sent = dict(scope["headers"]).get(b"x-correlation-id", b"")
    try:
        return str(UUID(sent.decode("ascii")))
    except ValueError:
        return str(uuid4())


def _chain(fault: BaseException) -> str:
    cause = fault.__cause__
    return type(fault).__name__ + (f" from {type(cause).__name__}" if cause else "")


def _where(fault: BaseException) -> str | None:
    """Module and line of the innermost frame; the text of a fault might quote anything."""
    trace = fault.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else None
