"""The wall clock of the API jumps while it runs: that touches no order, and no consent that was withdrawn."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from episodes.http.examples import EXAMPLES, PARTNER
from tests.support.databases import episodes_database
from tests.support.episodes.api_process import Api, Service, fill_directory
from tests.support.episodes.http_calls import record
from tests.support.jumping_clock import JumpingClock
from tests.support.load import session_body
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

HOUR = 3600
GAUGE = "episodes_clock_ahead_seconds "
FLAG = EXAMPLES["RedFlagRaisedCommand"]
SHARED = {"partner": PARTNER, "kinds": ["flags"], "given": {"by": "client"}}


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    return JumpingClock(tmp_path)


@pytest.fixture
def api(postgres: PostgresServer, tmp_path: Path, clock: JumpingClock) -> Iterator[Api]:
    database = episodes_database(postgres)
    with closing(Service(database, tmp_path, ("tests.faults.jumping_clock", "api"))) as service:
        api = service.start(ahead_file=str(clock.file))
        eventually(api.ready, "the API is ready")
        fill_directory(api)
        yield api


@pytest.mark.parametrize("jumps", [(HOUR, -HOUR), (-HOUR, HOUR, 0)], ids=["ahead first", "back first"])
def test_a_jump_of_the_clock_changes_no_order_and_brings_no_consent_back(
    api: Api, clock: JumpingClock, jumps: tuple[int, ...]
) -> None:
    episode = api.opened()
    consent = record(api, f"{episode}/sharing-consents", SHARED)
    flag = record(api, f"{episode}/red-flags", FLAG)
    assert _may_go(api, flag)
    for ahead in jumps:
        clock.jump(ahead)
        record(api, f"{episode}/red-flags", FLAG)
        assert _may_go(api, flag)
    record(api, f"{episode}/sharing-consents/{consent}/withdrawal", {"by": "client"})
    for ahead in (*jumps, 0):
        clock.jump(ahead)
        record(api, f"{episode}/red-flags", FLAG)
        assert not _may_go(api, flag)
    record(api, f"{episode}/sessions", session_body())
    _assert_in_order(api, episode)


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_clock_that_differs_from_the_databases_is_told_while_care_is_recorded(
    api: Api, clock: JumpingClock, ahead: int
) -> None:
    episode = api.opened()
    assert "warnings" not in api.http.get("/health/ready").json()
    clock.jump(ahead)
    ready = api.http.get("/health/ready")
    [warning] = ready.json()["warnings"]
    assert (ready.status_code, warning.rpartition(" by ")[0]) == (
        200,
        "the clock differs from the database's",
    )
    [line] = [it for it in api.http.get("/metrics").text.splitlines() if it.startswith(GAUGE)]
    assert abs(float(line.removeprefix(GAUGE)) - ahead) < HOUR / 60
    record(api, f"{episode}/red-flags", FLAG)


def _may_go(api: Api, event: str) -> bool:
    question = {"event_id": event, "partner": PARTNER, "subscription_id": str(uuid4())}
    answer = api.http.post("/v1/disclosure-decisions", json=[question])
    assert answer.status_code == 200, answer.text
    allowed: bool = answer.json()[0]["allowed"]
    return allowed


def _assert_in_order(api: Api, episode: str) -> None:
    """As recorded: versions and sequences are dense, and no event was recorded before the one it follows."""
    history: list[dict[str, Any]] = api.http.get(f"{episode}/history").json()["events"]
    assert [event["version"] for event in history] == list(range(1, len(history) + 1))
    feed = api.http.get("/v1/feed?limit=1000").json()["events"]
    assert [int(event["publishednumber"]) for event in feed] == list(range(1, len(history) + 1))
    times = [datetime.fromisoformat(event["recordedtime"]) for event in feed]
    assert all(earlier <= later for earlier, later in pairwise(times))
