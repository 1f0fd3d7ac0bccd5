"""Metrics of requests. Labels are methods, routes and statuses, never ids or values."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
"""The buckets of durations, in seconds."""


class RequestMetrics:
    """Requests answered and their duration in seconds, named after the service."""

    def __init__(self, service: str, registry: CollectorRegistry = REGISTRY) -> None:
        labels = ["method", "route", "status"]
        requests = Counter(f"{service}_requests", "Requests answered", labels, registry=registry)
        seconds = Histogram(
            f"{service}_request_seconds", "Seconds to answer", ["route"], registry=registry, buckets=BUCKETS
        )

        @cache
        def labelled(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
            return requests.labels(method, route, str(status)), seconds.labels(route)

        self._labelled = labelled

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        counter, histogram = self._labelled(method, route, status)
        counter.inc()
        histogram.observe(seconds)
