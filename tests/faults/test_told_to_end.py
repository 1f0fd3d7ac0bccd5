"""The ordinary end under load, of the API and of every role."""

import time
from pathlib import Path

import pytest

from tests.faults.checks import all_is_well, drained, each_command_is_stored_once, subscribed
from tests.support.episodes.api_process import serving
from tests.support.load import Load, client_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import ROLES, Stack
from tests.support.waiting import PATIENCE

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
