"""Processes end behind the proxy, politely and not: callers meet no failure that a repeat would not mend."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from episodes.publishing.feed import MAX_WAIT
from tests.faults.checks import each_command_is_stored_once
from tests.support.episodes.two_behind_a_proxy import NAMES, Two, two_behind_a_proxy
from tests.support.load import Load
from tests.support.servers.haproxy import haproxy
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

BETWEEN = 60
"""Commands acknowledged between two ends."""


@pytest.fixture
def two(postgres: PostgresServer, tmp_path: Path, unproven: Callable[[str], None]) -> Iterator[Two]:
    if haproxy() is None:
        unproven("Proxy: not tested, needs haproxy")
        pytest.skip("needs haproxy")
    with two_behind_a_proxy(postgres, tmp_path) as both:
        yield both


@pytest.fixture
def load(two: Two) -> Load:
    made = Load(lambda: two.http, callers=8)
    made.prepare(episodes=12)
    return made


@pytest.mark.timeout(300)
def test_a_rolling_restart_of_drained_processes_refuses_nothing(two: Two, load: Load) -> None:
    with load:
        for name in (*NAMES, *NAMES):
            load.goes_on_for(BETWEEN)
            two.restart(name, drained=True)
        load.goes_on_for(BETWEEN)
    assert (load.statuses, load.refused_for) == ({201}, 0.0), two.proxy.log
    each_command_is_stored_once(two.service.rows, load)


@pytest.mark.timeout(300)
def test_a_rolling_restart_without_a_word_to_the_proxy_loses_and_doubles_nothing(
    two: Two, load: Load
) -> None:
    """What was sent and got no answer is sent again, as its key allows; else the caller repeats it."""
    with load:
        for name in (*NAMES, *NAMES):
            load.goes_on_for(BETWEEN)
            two.restart(name, drained=False)
        load.goes_on_for(BETWEEN)
    assert load.statuses == {201}, two.proxy.log
    each_command_is_stored_once(two.service.rows, load)


@pytest.mark.timeout(300)
def test_one_killed_under_load_loses_and_doubles_nothing(two: Two, load: Load) -> None:
    with load:
        for name in (*NAMES, *NAMES):
            load.goes_on_for(BETWEEN)
            two.apis[name].process.kill()
            two.apis[name].process.wait(60)
            load.goes_on_for(BETWEEN)
            two.begin(name)
    assert load.statuses == {201}
    each_command_is_stored_once(two.service.rows, load)


@contextmanager
def two_wait_at_each(two: Two) -> Iterator[Sequence[Future[httpx.Response]]]:
    """Four who wait for news of the feed."""
    after = two.http.get("/v1/feed", params={"limit": 1000}).json()["next"]
    with ThreadPoolExecutor(4) as callers:
        ask = {"after": after, "wait": MAX_WAIT}
        waits = [callers.submit(two.http.get, "/v1/feed", params=ask) for _ in range(4)]
        eventually(lambda: _waiting(two, "one") == _waiting(two, "two") == 2, "two wait at each")
        yield waits


def test_a_process_that_is_drained_keeps_who_waits_at_it_until_there_is_news(two: Two) -> None:
    with two_wait_at_each(two) as waits:
        two.proxy.set("one", "drain")
        eventually(lambda: two.proxy.status("one", "in_turn").startswith("DRAIN"), "it is drained")
        assert _waiting(two, "one") == two.proxy.under_way("one") == 2
        two.apis["two"].opened()
        answers = [it.result() for it in waits]
    assert [(it.status_code, len(it.json()["events"])) for it in answers] == [(200, 1)] * 4
    eventually(lambda: two.proxy.under_way("one") == 0, "nothing is under way")
    assert two.apis["one"].terminated(within=15) == 0


def test_a_process_that_ends_without_a_word_to_the_proxy_answers_who_waits_at_it(two: Two) -> None:
    with two_wait_at_each(two) as waits:
        assert two.apis["one"].terminated(within=15) == 0
        eventually(lambda: sum(it.done() for it in waits) == 2, "those at the one are answered")
        assert _waiting(two, "two") == 2
        two.apis["two"].opened()
        answers = [(it.result().status_code, len(it.result().json()["events"])) for it in waits]
    assert sorted(answers) == [(200, 0), (200, 0), (200, 1), (200, 1)]


def _waiting(two: Two, name: str) -> int:
    lines = two.apis[name].http.get("/metrics").text.splitlines()
    return sum(int(float(line.split()[1])) for line in lines if 'waiting{for="feed"}' in line)


def test_without_any_process_the_proxy_says_so_as_the_api_would(two: Two) -> None:
    """Its log does not say who was asked for: an episode, or a client by an identifier."""
    for name in NAMES:
        two.apis[name].close()
    two.http.get("/v1/clients", params={"identifier": "mrn:secret"})
    answer = two.http.get("/v1/episodes/secret")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "/problems/unavailable"
    eventually(lambda: answer.json()["correlation_id"] in two.proxy.log, "its log has a line for the answer")
    assert "secret" not in two.proxy.log
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{two.apis['one'].url}/health/live")
