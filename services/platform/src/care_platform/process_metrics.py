"""What every process tells of itself: open files, memory, CPU, and lines of its log that were dropped."""

from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from care_platform.logs import dropped_lines


def register(service: str, registry: CollectorRegistry = REGISTRY) -> None:
    """Add them to what a process of this service tells. The library's own registry has the first already."""
    if registry is not REGISTRY:
        ProcessCollector(registry=registry)
    registry.register(_DroppedLines(service))


class _DroppedLines(Collector):
    def __init__(self, service: str) -> None:
        self._name = f"{service}_log_lines_dropped"

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(
            self._name, "Log lines dropped because the log could not be written", dropped_lines()
        )
