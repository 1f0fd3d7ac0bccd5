"""The database dies: the API says so, and finds its way back without help."""

import time
from pathlib import Path
from uuid import uuid4

from episodes.http.examples import EXAMPLES, PARTNER
from tests.support.episodes.api_process import Api, serving
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import PATIENCE, eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]
RECOVERS_WITHIN = 10.0
"""Seconds from the database's answer to that of a command."""


def asked(api: Api) -> int:
    """How a question whether something may be disclosed is answered."""
    question = {"event_id": str(uuid4()), "partner": PARTNER, "subscription_id": str(uuid4())}
    return api.http.post("/v1/disclosure-decisions", json=[question]).status_code


def test_while_the_database_is_away_callers_are_told_to_come_back_and_after_it_all_is_well(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with serving(postgres, tmp_path) as (service, api):
        episode = api.opened()
        with postgres.killed():
            began = time.monotonic()
            refused = api.record(f"{episode}/red-flags", FLAG)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert time.monotonic() - began < 3 * PATIENCE
            unready = api.http.get("/health/ready")
            assert unready.status_code == 503
            assert unready.json()["reason"].startswith("the database cannot be reached")
            assert api.http.get(episode).status_code == 503
            assert asked(api) == 503
        eventually(
            lambda: api.record(f"{episode}/red-flags", FLAG).status_code == 201,
            "commands are accepted again",
            within=RECOVERS_WITHIN,
        )
        assert api.ready()
        assert asked(api) == 200
        assert len(service.rows("SELECT 1 FROM stored_events")) == 2, "what was refused left nothing"
