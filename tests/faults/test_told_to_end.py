"""The ordinary end under load, of the API and of every role."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from episodes.publishing.feed import MAX_WAIT
from tests.faults.checks import all_is_well, drained, each_command_is_stored_once, subscribed
from tests.support.episodes.api_process import serving
from tests.support.load import Load, client_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import ROLES, Stack
from tests.support.waiting import PATIENCE, eventually

DRAINS_WITHIN = 30.0
"""What a supervisor waits for before it kills."""


def test_told_to_end_the_api_answers_who_waits_and_ends_in_time(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with serving(postgres, tmp_path) as (service, api):
        apis = [api]
        load = Load(lambda: apis[0].http, callers=8)
        load.prepare(episodes=4)
        with load:
            load.goes_on_for(50)
            began = time.monotonic()
            assert api.terminated(within=5) == 0
            assert time.monotonic() - began < 5 * PATIENCE
            apis[0] = service.start()
        assert load.statuses == {201}, "who was let in was answered"
        each_command_is_stored_once(service.rows, load)


def test_told_to_end_the_api_answers_who_waits_for_news(postgres: PostgresServer, tmp_path: Path) -> None:
    with serving(postgres, tmp_path) as (service, api), ThreadPoolExecutor(1) as caller:
        page = api.http.get("/v1/feed").json()
        waiting = caller.submit(api.http.get, "/v1/feed", params={"after": page["next"], "wait": MAX_WAIT})
        eventually(lambda: 'episodes_waiting{for="feed"} 1.0' in api.http.get("/metrics").text, "it waits")
        assert api.terminated(within=10) == 0
        answer = waiting.result()
        assert (answer.status_code, answer.json()) == (200, page)
        after = service.start()
        after.opened()
        told = after.http.get("/v1/feed", params={"after": answer.json()["next"]}).json()
        assert len(told["events"]) == 1, "and goes on where it was"


@pytest.mark.timeout(180)
def test_told_to_end_every_role_drains_and_its_successor_goes_on(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path
) -> None:
    with Stack(postgres, kafka, tmp_path) as stack, client_of(stack) as http:
        load = Load(lambda: http, callers=3, pause=0.05)
        load.prepare(episodes=4)
        with subscribed(stack) as partner:
            with load:
                codes = {}
                for role in ROLES:
                    load.goes_on_for(15)
                    codes[role] = stack.terminate(role, DRAINS_WITHIN * PATIENCE)
                    stack.start(role)
                load.goes_on_for(15)
            assert codes == dict.fromkeys(ROLES, 0)
            assert load.statuses == {201}, "who was let in was answered, and nobody met a failure"
            drained(stack)
            all_is_well(stack, load, partner)
