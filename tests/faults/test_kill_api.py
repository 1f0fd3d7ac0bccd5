"""`kill -9` of the API while commands flow, and its ordinary end under load."""

import random
import time
from pathlib import Path

from tests.episodes.serving import Api, serving
from tests.faults.load import Load, holds_each_once
from tests.servers.postgres import PostgresServer

ROUNDS = 6
OF_A_ROUND = 60


def test_every_acknowledged_command_survives_the_death_of_its_process(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Two processes serve; each round one dies at a random moment, and another takes its place."""
    with serving(postgres, tmp_path) as (service, first):
        episodes = [first.opened() for _ in range(4)]
        apis: list[Api] = [first, service.start()]
        with Load(lambda: random.choice(apis), episodes) as load:
            for _ in range(ROUNDS):
                load.goes_on_for(OF_A_ROUND)
                time.sleep(random.uniform(0, 0.05))  # anywhere in a command's life
                apis.pop(0).close()
                apis.append(service.start())
        assert len(load.told) >= 300
        assert load.statuses <= {201, 503}
        holds_each_once(service, apis[0], load)


def test_told_to_end_the_api_answers_who_waits_and_ends_in_time(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with serving(postgres, tmp_path) as (service, api):
        episodes = [api.opened() for _ in range(4)]
        apis = [api]
        with Load(lambda: apis[0], episodes) as load:
            load.goes_on_for(50)
            began = time.monotonic()
            api.terminated(within=5)
            assert time.monotonic() - began < 5
            apis[0] = service.start()
        assert load.statuses == {201}, "who was let in was answered"
        holds_each_once(service, apis[0], load)
