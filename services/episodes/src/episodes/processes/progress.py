"""The progress and the lag of a follower of the log, for log lines and for Prometheus."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, start_http_server
from prometheus_client.registry import Collector

from care_platform import process_metrics

_HOST = "127.0.0.1"


@dataclass(slots=True)
class Progress:
    """The progress of `role` since it took the lead. `done` counts what `counted` names, such as `sent`.

    `oldest` is when the oldest waiting event was recorded.
    """

    clock: Callable[[], datetime]
    role: str
    counted: str
    leading: bool = False
    position: int = 0
    head: int = 0
    done: int = 0
    oldest: datetime | None = None

    @property
    def lag(self) -> float:
        """How many seconds the oldest event has waited. It grows while nothing moves."""
        return 0.0 if self.oldest is None else max(0.0, (self.clock() - self.oldest).total_seconds())

    def figures(self) -> dict[str, float]:
        return {
            "position": self.position,
            "head": self.head,
            self.counted: self.done,
            "lag_seconds": round(self.lag, 1),
        }


def serve(progress: Progress, port: int, *others: Collector) -> Callable[[], None]:
    """Serve /metrics of the progress, and what others tell. Returns the function that stops it."""
    registry = CollectorRegistry()
    process_metrics.register("episodes", registry)
    for other in others:
        registry.register(other)

    def gauge(name: str, text: str, value: Callable[[], float]) -> None:
        Gauge(f"episodes_{progress.role}_{name}", text, registry=registry).set_function(value)

    gauge("leading", "1 while this process is the active one", lambda: progress.leading)
    gauge("position", "Everything up to here is done", lambda: progress.position)
    gauge(
        "head",
        "Position of the newest event, as of the last look: positions have gaps, see lag_seconds",
        lambda: progress.head,
    )
    gauge("lag_seconds", "How long the oldest event not done yet has waited", lambda: progress.lag)
    gauge(progress.counted, "How many since this process began to lead", lambda: progress.done)
    server, thread = start_http_server(port, _HOST, registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
