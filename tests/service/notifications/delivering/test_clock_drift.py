"""A clock that differs from the database's by more than a minute: nothing is sent, and it is said."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.jumping_clock import JumpingClock
from tests.support.notifications.challenged import Challenged, echoing
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.jumping_clock import FILE
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import FAST, Partner, take_in, told
from tests.support.waiting import eventually

WRONG = "the clock differs from the database's"
JUMPS = [600, -600, 62, -62]


@pytest.fixture
def clock(service: Notifications, tmp_path: Path) -> JumpingClock:
    """The clock that the processes of a test go by."""
    clock = JumpingClock(tmp_path)
    service.program = "tests.support.notifications.jumping_clock"
    service.environment[FILE] = str(clock.file)
    return clock


@pytest.fixture
def endpoint() -> Iterator[Challenged]:
    with Challenged(echoing) as endpoint:
        yield endpoint


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


def ahead(address: str) -> float:
    """The gauge, in seconds."""
    try:
        lines = httpx.get(f"{address}/metrics").text.splitlines()
    except httpx.TransportError:
        return 0.0
    [line] = [line for line in lines if line.startswith("notifications_clock_ahead_seconds ")]
    return float(line.rpartition(" ")[2])


def said(service: Notifications, role: str) -> list[int]:
    """The differences that were logged, in seconds."""
    lines = [json.loads(line) for line in service.log_of(role).splitlines()]
    return [line["seconds"] for line in lines if line["event"] == WRONG]


@pytest.mark.parametrize("jump", JUMPS)
def test_nothing_is_sent_or_counted_while_the_clock_is_wrong_and_all_of_it_after(
    jump: int,
    service: Notifications,
    episodes: EpisodesService,
    api: Api,
    clock: JumpingClock,
    endpoint: Challenged,
    port: int,
) -> None:
    care = Care()
    partner = Partner(api, service, endpoint)
    take_in(service, *told(care, partner), care.session())
    with service.running("deliver", **FAST, deliver_metrics_port=str(port)):
        eventually(lambda: partner.states() == ["delivered"])
        clock.jump(jump)
        eventually(lambda: abs(ahead(f"http://127.0.0.1:{port}") - jump) < 2)
        take_in(service, care.session())
        with Challenged(echoing) as elsewhere:
            Partner(api, service, elsewhere, unproved=True)
            eventually(lambda: said(service, "deliver"))
            assert (elsewhere.challenges, len(endpoint.webhooks)) == ([], 1)
            assert service.count("attempts") == 1
            assert service.count("deliveries", "lease_until IS NOT NULL") == 0
            clock.jump(jump / 60)
            eventually(lambda: partner.states() == ["delivered"] * 2)
            eventually(lambda: service.count("subscriptions", "proved_at IS NULL") == 0)
    [seconds] = said(service, "deliver")
    assert abs(seconds - jump) <= 2


def test_the_api_says_so_and_stays_ready(
    service: Notifications, episodes: EpisodesService, clock: JumpingClock
) -> None:
    with Api(service) as api:
        for jump in JUMPS:
            clock.jump(jump)
            ready = api.call("GET", "/health/ready")
            assert (ready.status_code, ready.json()["warnings"][0].rpartition(" by ")[0]) == (200, WRONG)
            assert abs(ahead(str(api.client.base_url).rstrip("/")) - jump) < 2
        assert len(said(service, "api")) == 1


def test_consume_takes_in_and_says_it(
    service: Notifications, episodes: EpisodesService, clock: JumpingClock
) -> None:
    """Nothing that it writes has the time of its own clock."""
    clock.jump(600)
    episodes.publish(Care().opened())
    with service.running("consume"):
        eventually(lambda: said(service, "consume")[:1] == [600])
        eventually(lambda: service.count("seen_events") == 1)
