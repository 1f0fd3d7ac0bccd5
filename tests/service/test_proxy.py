"""The proxy before two processes: where requests go, and that what the API says reaches the caller."""

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from care_platform.http.door import MAX_HEAD_SENT
from care_platform.http.limits import MAX_BODY, MAX_HEAD
from care_platform.http.serving import KEPT_SECONDS
from episodes.http.examples import CLIENT, CLINIC, EXAMPLES
from episodes.publishing.endpoint import MAX_SCAN
from episodes.publishing.feed import MAX_WAIT
from tests.support.episodes.two_behind_a_proxy import Two, two_behind_a_proxy
from tests.support.framing_attacks import REFUSED, answers_to
from tests.support.servers.haproxy import CONFIGURATION, haproxy
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]
EPISODE, FLAGS = "/v1/episodes/{episode}", "/v1/episodes/{episode}/red-flags"
SPELLINGS = (
    "/metrics",
    "/metrics?x=1",
    "/%6Detrics",
    "/%6detric%73?x",
    "/%6D%65%74%72%69%63%73",
    "/%256Detrics",
    "//metrics",
    "///metrics",
    "/%2Fmetrics",
    "/metrics/",
    "/metrics//",
    "/./metrics",
    "/%2e/metrics",
    "/v1/../metrics",
    "/v1/%2e%2e/metrics",
    "/v1/episodes/../../metrics",
    "/v1/episodes/..%2f..%2fmetrics",
    "/metrics/.",
    "/metrics/x/..",
    "/metrics;x",
    "/metrics%3Fx",
    "/metrics%23x",
    "/metrics#x",
    "/%6Detrics#x",
    "/metrics%00",
    "/metrics%20",
    "/METRICS",
    "http://api.example/metrics",
    "http://api.example/%6Detrics",
    "http://api.example//metrics",
    "HTTP://x@api.example:80/metrics#x",
    "//api.example/metrics",
    "metrics",
    "*/metrics",
)
"""Ways to ask for `/metrics`, or for what somebody else would read as that."""
FEW = "Host: api.example\r\nConnection: close\r\n"
ASKED = 400
"""How many episodes are asked for, to see how they spread: 160 is four standard deviations below the half."""


@pytest.fixture(scope="module")
def two(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    if haproxy() is None:
        pytest.skip("needs haproxy")
    with two_behind_a_proxy(postgres, tmp_path_factory.mktemp("proxy")) as both:
        yield both


@pytest.fixture(autouse=True)
def _said(unproven: Callable[[str], None]) -> None:
    if haproxy() is None:
        unproven("Proxy: not tested, needs haproxy")


def test_the_requests_of_an_episode_go_to_the_same_process(two: Two) -> None:
    for _ in range(6):
        opened = two.apis["one"].opened()
        ways = {opened, opened.upper().replace("/V1/EPISODES/", "/v1/episodes/")}
        reads, flags = two.answered(EPISODE), two.answered(FLAGS)
        for path in (*ways, opened, f"{opened}?version=1"):
            assert two.http.get(path).status_code == HTTPStatus.OK
        for _ in range(3):
            key = {"idempotency-key": str(uuid4())}
            raised = two.http.post(f"{opened}/red-flags", json=FLAG, headers=key)
            assert raised.status_code == HTTPStatus.CREATED
        read = _more(two.answered(EPISODE), reads)
        assert sorted(read) == [0, len(ways) + 2]
        assert _more(two.answered(FLAGS), flags) == [3 * bool(it) for it in read]


def test_episodes_spread_evenly(two: Two) -> None:
    before = two.answered(EPISODE)
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda _: two.http.get(f"/v1/episodes/{uuid4()}"), range(ASKED)))
    shares = _more(two.answered(EPISODE), before)
    assert sum(shares) == ASKED
    assert min(shares) > ASKED * 0.4


@pytest.mark.parametrize(
    ("method", "path", "route", "body"),
    [
        ("POST", "/v1/episodes", "/v1/episodes", EXAMPLES["EpisodeOpenedCommand"]),
        ("GET", "/v1/episodes", "/v1/episodes", None),
        ("GET", "/v1/feed", "/v1/feed", None),
        ("GET", f"/v1/clients/{CLIENT}", "/v1/clients/{id}", None),
        ("PUT", f"/v1/clinics/{CLINIC}", "/v1/clinics/{id}", EXAMPLES["Clinic"]),
        ("POST", "/v1/disclosure-decisions", "/v1/disclosure-decisions", []),
        ("POST", f"/v1/clients/{CLIENT}/sharing-withdrawals", "/v1/clients/{client}/sharing-withdrawals", {}),
    ],
)
def test_what_names_no_episode_goes_round(two: Two, method: str, path: str, route: str, body: object) -> None:
    before = two.answered(route)
    for _ in range(10):
        two.http.request(method, path, json=body, headers={"idempotency-key": str(uuid4())})
    assert _more(two.answered(route), before) == [5, 5]


def test_a_wait_for_news_hears_of_what_the_other_process_records(two: Two) -> None:
    after = two.http.get("/v1/feed", params={"limit": 1000}).json()["next"]
    with ThreadPoolExecutor(2) as callers:
        ask = {"after": after, "wait": MAX_WAIT}
        waits = [callers.submit(two.http.get, "/v1/feed", params=ask) for _ in range(2)]
        eventually(lambda: _both_wait(two), "both processes hold a wait")
        two.apis["two"].opened()
        answers = [it.result() for it in waits]
    assert [(it.status_code, len(it.json()["events"])) for it in answers] == [(200, 1)] * 2


def test_headers_and_bodies_at_the_limit_pass_and_larger_ones_are_refused_by_the_api(two: Two) -> None:
    opened, found = two.apis["one"].opened(), uuid4()
    padded = [b'{"padding": "', b"x" * (MAX_BODY - 15), b'"}']
    for body, status in ((b"".join(padded), 400), (b" ".join(padded), 413), (padded, 400)):
        sent = iter(body) if isinstance(body, list) else body
        headers = {"idempotency-key": str(uuid4()), "x-correlation-id": str(found)}
        answer = two.http.post(f"{opened}/red-flags", content=sent, headers=headers)
        assert (answer.status_code, answer.json()["correlation_id"]) == (status, str(found)), answer.text
        assert answer.headers["x-correlation-id"] == str(found)


@pytest.mark.parametrize("size", [MAX_HEAD_SENT // 4, MAX_HEAD_SENT - 2048])
def test_a_long_path_is_refused_by_the_api(two: Two, size: int) -> None:
    answer = two.http.get(f"/v1/episodes/{'x' * size}")
    direct = two.apis["one"].http.get(f"/v1/episodes/{'x' * size}")
    assert (answer.status_code, answer.json()["type"]) == (direct.status_code, direct.json()["type"])


@pytest.mark.parametrize("size", [MAX_HEAD, MAX_HEAD_SENT, MAX_HEAD_SENT + 8192])
def test_a_long_head_is_refused_by_the_api(two: Two, size: int) -> None:
    answer = two.http.get("/v1/feed", headers={"x-long": "x" * size})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


@pytest.mark.parametrize(
    "path", ["/v1/episodes/", "/v1/episodes//", "/v1/%00", "/v1/episodes/%2e%2e/x", "//x", "/"]
)
def test_a_strange_path_is_answered_as_by_the_api(two: Two, path: str) -> None:
    url = two.http.base_url.copy_with(raw_path=path.encode())
    at_api = two.apis["one"].http.base_url.copy_with(raw_path=path.encode())
    answer, direct = two.http.get(url), two.apis["one"].http.get(at_api)
    ours, theirs = answer.json(), direct.json()
    assert {**ours, "correlation_id": ""} == {**theirs, "correlation_id": ""}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_smuggled_past_the_proxy(two: Two, name: str) -> None:
    """It is refused here or there; never is what follows answered as a request of its own."""
    statuses = [line.split()[1] for line in answers_to(two.proxy.url, REFUSED[name])]
    assert b"200" not in statuses, statuses


def test_its_log_names_no_episode_no_client_and_nobody(two: Two) -> None:
    secret = str(uuid4())
    two.http.get(f"/v1/episodes/{secret}")
    two.http.get("/v1/clients", params={"identifier": secret})
    answers_to(two.proxy.url, f"GET /v1/{secret} \x01 HTTP/1.1\r\n\r\n".encode())
    assert secret not in two.proxy.log


def test_its_times_lie_beyond_the_longest_wait_and_below_how_long_the_api_keeps_connections() -> None:
    times = dict(re.findall(r"^ +timeout ([a-z-]+) (\d+)s", CONFIGURATION.read_text(), re.MULTILINE))
    assert int(times["server"]) > MAX_WAIT + MAX_SCAN
    assert int(times["client"]) > MAX_WAIT + MAX_SCAN
    assert int(times["http-keep-alive"]) >= KEPT_SECONDS


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_figures_are_hidden_however_their_path_is_written(two: Two, method: str) -> None:
    answers = {path: said(two.proxy.url, f"{method} {path} HTTP/1.1\r\n{FEW}\r\n") for path in SPELLINGS}
    assert {path for path, answer in answers.items() if "episodes_requests" in answer} == set()
    statuses = {path: answer.split()[1] for path, answer in answers.items()}
    strange = {path for path in SPELLINGS if path == "metrics" or "#" in path}
    assert statuses == {path: "400" if path in strange else "404" for path in SPELLINGS}


def test_each_process_tells_its_own_figures(two: Two) -> None:
    assert all("episodes_requests" in api.http.get("/metrics").text for api in two.apis.values())
    hidden, nowhere = (two.http.get(path) for path in ("/metrics", "/v1/nowhere"))
    assert {**hidden.json(), "correlation_id": ""} == {**nowhere.json(), "correlation_id": ""}


def said(url: str, request: str) -> str:
    """The whole answer to a request that is sent as it stands."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def _more(now: list[int], before: list[int]) -> list[int]:
    return [one - other for one, other in zip(now, before, strict=True)]


def _both_wait(two: Two) -> bool:
    return all('waiting{for="feed"} 1.0' in api.http.get("/metrics").text for api in two.apis.values())
