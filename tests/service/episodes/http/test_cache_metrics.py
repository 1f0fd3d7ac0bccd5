"""What operators see of the cache, in the log at start and in the metrics; and the sizes that are refused."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from care_platform.memory import memory_there_is
from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]
LIMIT = 1_000_000


@pytest.fixture
def served(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[Service, Api]]:
    with serving(postgres, tmp_path, cache_bytes=str(LIMIT)) as served:
        yield served


def shown(api: Api) -> dict[str, float]:
    """The metrics of the cache, without the beginning of their names and without those that are 0."""
    lines = re.findall(r"^episodes_cache_(\S+) (\S+)$", api.http.get("/metrics").text, re.MULTILINE)
    return {name: float(value) for name, value in lines if float(value)}


def lookups(api: Api) -> dict[str, float]:
    told = {found: f'lookups_total{{found="{found}"}}' for found in ("whole", "behind", "nothing")}
    metrics = shown(api)
    return {found: metrics[name] for found, name in told.items() if name in metrics}


def said_at_start(api: Api) -> list[object]:
    lines = (json.loads(line) for line in api.log_until_now.splitlines() if line.startswith("{"))
    return [line["limit"] for line in lines if line["event"] == "states are kept in memory"]


def test_the_metrics_say_what_commands_found_and_what_they_had_to_read(served: tuple[Service, Api]) -> None:
    service, api = served
    path = api.opened()
    assert lookups(api) == {}, "an opening looks up no episode"
    api.record(f"{path}/red-flags", FLAG)
    held = shown(api)
    assert (held["episodes"], held["limit_bytes"], said_at_start(api)) == (1, LIMIT, [LIMIT])
    assert 0 < held["bytes"] < LIMIT
    other = service.start(cache_bytes="1")
    eventually(other.ready, "the other API is ready")
    for _ in range(2):
        other.record(f"{path}/red-flags", FLAG)
    assert (lookups(other), shown(other)["events_read_total"]) == ({"nothing": 2}, 2 + 3)
    assert {"episodes", "bytes", "evictions_total"}.isdisjoint(shown(other)), "one with no room is not kept"
    api.record(f"{path}/red-flags", FLAG)
    assert (lookups(api), shown(api)["events_read_total"]) == ({"whole": 1, "behind": 1}, 2)


@pytest.mark.parametrize("role", ["api", "project"])
def test_more_than_there_is_is_refused_at_start(shared: tuple[Service, Api], role: str) -> None:
    said = shared[0].told(role, code=1, cache_bytes=str(10**15))
    assert re.search(rf"EPISODES_CACHE_BYTES: .* {memory_there_is()} bytes", said)
