"""The ordinary end of the API under load."""

import time
from pathlib import Path

from tests.episodes.serving import serving
from tests.faults.checks import each_command_is_stored_once
from tests.faults.load import Load
from tests.servers.postgres import PostgresServer


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
            assert time.monotonic() - began < 5
            apis[0] = service.start()
        assert load.statuses == {201}, "who was let in was answered"
        each_command_is_stored_once(service.rows, load)
