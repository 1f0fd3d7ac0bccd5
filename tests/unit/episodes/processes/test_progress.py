"""An operator sees how far a follower is, and that it is stuck while nothing moves."""

from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

from episodes.event_log.cache import Cache
from episodes.event_log.cache_metrics import CacheMetrics
from episodes.processes.progress import Progress, serve
from tests.support.servers.kafka import free_port

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_the_lag_grows_while_an_event_waits_and_is_nothing_when_none_does() -> None:
    moments = iter((NOON, NOON + timedelta(seconds=90)))
    progress = Progress(lambda: next(moments), "relay", "sent")
    assert progress.lag == 0
    progress.oldest = NOON - timedelta(seconds=10)
    assert (progress.lag, progress.lag) == (10, 100)


def test_the_figures_are_served_as_they_are_now() -> None:
    port = free_port()
    progress = Progress(lambda: NOON, "relay", "sent")
    stop = serve(progress, port, CacheMetrics(Cache(7)))
    try:
        assert "episodes_relay_leading 0.0" in _served(port)
        progress.leading, progress.position, progress.head = True, 7, 9
        progress.oldest = NOON - timedelta(seconds=5)
        text = _served(port)
        for line in ("leading 1.0", "position 7.0", "head 9.0", "lag_seconds 5.0", "sent 0.0"):
            assert f"episodes_relay_{line}\n" in text
        assert "episodes_cache_limit_bytes 7.0\n" in text
    finally:
        stop()


def _served(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
        return text
