"""What a cache of episodes tells operators: how to read it is in docs/operations.md."""

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from episodes.event_log.cache import Cache

_NAME = "episodes_cache"


class CacheMetrics(Collector):
    """What a process tells of its cache. It is read when it is asked for: telling costs commands nothing."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def collect(self) -> Iterator[Metric]:
        cache, tally = self._cache, self._cache.tally
        looked_up = CounterMetricFamily(
            f"{_NAME}_lookups", "Episodes looked up, by what the cache had of them", labels=["found"]
        )
        for found, times in (("whole", tally.hits), ("behind", tally.behind), ("nothing", tally.misses)):
            looked_up.add_metric([found], times)
        yield looked_up
        yield CounterMetricFamily(
            f"{_NAME}_events_read", "Events read and folded that the cache did not have", tally.events
        )
        yield CounterMetricFamily(
            f"{_NAME}_snapshots_used",
            "Episodes read after a snapshot that the cache did not have",
            tally.snapshots,
        )
        yield CounterMetricFamily(
            f"{_NAME}_snapshots_passed_over",
            "Snapshots that were of no use: damaged, of another release or another log",
            tally.passed_over,
        )
        yield CounterMetricFamily(f"{_NAME}_evictions", "States dropped to make room", tally.evictions)
        yield GaugeMetricFamily(f"{_NAME}_episodes", "Episodes of which the cache has a state", len(cache))
        yield GaugeMetricFamily(f"{_NAME}_bytes", "The size of these states, about", cache.bytes)
        yield GaugeMetricFamily(f"{_NAME}_limit_bytes", "The size that they may have", cache.most)
