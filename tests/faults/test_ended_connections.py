"""The server ends connections (a restart, a failover, an idle limit): it costs callers nothing but time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from episodes.http.examples import CLIENT, EXAMPLES, PARTNER
from tests.support.databases import notifications_database
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.notifications.service_process import Api as NotificationsApi
from tests.support.notifications.service_process import Issuer, Notifications, partner_token
from tests.support.servers.administrator import end_connections
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import PATIENCE, eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]
AT_ONCE = 24
ANSWERED_WITHIN = 1.0
"""Seconds for one request that meets a pool of dead connections, on an idle laptop."""

Ask = Callable[[], httpx.Response]


@pytest.fixture(scope="module")
def served(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Api, str]]:
    with serving(postgres, tmp_path_factory.mktemp("served"), waiting_per_caller="100") as (service, api):
        yield service, api, api.opened()


def _question(api: Api) -> httpx.Response:
    question = {"event_id": str(uuid4()), "partner": PARTNER, "subscription_id": str(uuid4())}
    return api.http.post("/v1/disclosure-decisions", json=[question])


ASKED: dict[str, Callable[[Api, str], httpx.Response]] = {
    "a command": lambda api, episode: api.record(f"{episode}/red-flags", FLAG),
    "an opening": lambda api, _: api.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"]),
    "an episode": lambda api, episode: api.http.get(episode),
    "a client": lambda api, _: api.http.get(f"/v1/clients/{CLIENT}"),
    "an entry": lambda api, _: api.http.put(f"/v1/partners/{uuid4()}", json=EXAMPLES["Partner"]),
    "the feed": lambda api, _: api.http.get("/v1/feed"),
    "the list": lambda api, _: api.http.get("/v1/episodes"),
    "a decision": lambda api, _: _question(api),
    "readiness": lambda api, _: api.http.get("/health/ready"),
}


@pytest.mark.parametrize("what", ASKED)
def test_after_it_each_request_is_answered_at_once(served: tuple[Service, Api, str], what: str) -> None:
    service, api, episode = served

    def ask() -> httpx.Response:
        return ASKED[what](api, episode)

    together(ask)  # the pool is as large as it grows
    assert end_connections(service.database) >= 1
    one_after_another(ask)
    end_connections(service.database)
    together(ask)


def test_notifications_answers_at_once_after_it_too(postgres: PostgresServer, tmp_path: Path) -> None:
    database, issuer = notifications_database(postgres), Issuer(tmp_path)
    service = Notifications(database, tmp_path, issuer, "http://127.0.0.1:1")
    with NotificationsApi(service) as api:
        eventually(lambda: api.call("GET", "/health/ready").status_code == 200)
        token = partner_token(issuer, uuid4())
        for path in ("/v1/subscriptions", "/health/ready"):

            def ask(path: str = path) -> httpx.Response:
                return api.call("GET", path, token)

            together(ask)
            assert end_connections(database) >= 1
            one_after_another(ask)
            end_connections(database)
            together(ask)


def one_after_another(ask: Ask) -> None:
    for _ in range(5):
        began = time.monotonic()
        answer = ask()
        assert answer.is_success, answer.text
        assert time.monotonic() - began < ANSWERED_WITHIN * PATIENCE


def together(ask: Ask) -> None:
    with ThreadPoolExecutor(AT_ONCE) as callers:
        answers = [asked.result() for asked in [callers.submit(ask) for _ in range(AT_ONCE)]]
    assert [one.text for one in answers if not one.is_success] == []
