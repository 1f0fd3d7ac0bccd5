"""An event that cannot be read is neither redacted nor passed over: nobody guesses what it changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

import httpx
import psycopg
import pytest

from episodes.event_log.keyring import keyring
from episodes.http.examples import CLIENT, EXAMPLES, PARTNER
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import consent, tell
from tests.support.episodes.http_episode import Story
from tests.support.episodes.stored_rows import INSERT, Row, sealed_by_a_later_release
from tests.support.servers.postgres import PostgresServer

FLAG = EXAMPLES["RedFlagRaisedCommand"]
LAST = """SELECT originator_id, originator_version, topic, state FROM stored_events
WHERE originator_id = %s ORDER BY originator_version DESC LIMIT 1"""
KEY = """SELECT network_id, client_id, key_id, wrapped FROM client_keys
WHERE network_id = 'demo' AND client_id = %s"""
FLIPPED = """UPDATE stored_events
SET state = set_byte(state, length(state) - 1, get_byte(state, length(state) - 1) # 1)
WHERE originator_id = %s AND originator_version = %s"""


Make = Callable[[Service, str], None]
"""Makes an event of the episode unreadable."""


class Told(NamedTuple):
    """Two episodes of one client, shared with the partner; the first has an event that cannot be read."""

    service: Service
    api: Api
    unreadable: Story
    well: Story


def _as_superuser(service: Service, statement: str, parameters: Row | Sequence[object]) -> None:
    with psycopg.connect(service.database.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode(), parameters)


def of_a_later_release(service: Service, episode: str) -> None:
    key = keyring(service.keys_dir, uuid4, may_create=False).unwrap(*service.rows(KEY, CLIENT)[0].values())
    _as_superuser(service, INSERT, sealed_by_a_later_release(service.rows(LAST, episode)[0], key))


def damaged(service: Service, episode: str) -> None:
    version = service.rows(LAST, episode)[0]["originator_version"]
    _as_superuser(service, FLIPPED, (episode, version))


SAID: Mapping[Make, tuple[int, str, str | None]] = {
    of_a_later_release: (503, "/problems/unavailable", "later-release"),
    damaged: (500, "/problems/defect", None),
}


@pytest.fixture(scope="module", params=SAID, ids=lambda made: made.__name__)
def made(request: pytest.FixtureRequest) -> Make:
    found: Make = request.param
    return found


@pytest.fixture(scope="module")
def told(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, made: Make) -> Iterator[Told]:
    """Asked of a process that has cached neither episode."""
    with serving(postgres, tmp_path_factory.mktemp("served")) as (service, api):
        unreadable, well = tell(api), tell(api)
        for one in (unreadable, well):
            consent(api, one, "sessions")
        made(service, unreadable.path.rpartition("/")[2])
        yield Told(service, service.start(), unreadable, well)


def decided(api: Api, *stories: Story) -> list[str]:
    asked = [
        {"event_id": one.events["sessions"], "partner": PARTNER, "subscription_id": str(uuid4())}
        for one in stories
    ]
    return [one["reason"] for one in api.http.post("/v1/disclosure-decisions", json=asked).json()]


READS = {
    "the state": lambda told: told.api.http.get(told.unreadable.path),
    "the history": lambda told: told.api.http.get(f"{told.unreadable.path}/history"),
    "a command": lambda told: told.api.record(f"{told.unreadable.path}/red-flags", FLAG),
    "a withdrawal in every episode": lambda told: told.api.record(
        f"/v1/clients/{CLIENT}/sharing-withdrawals", {"partner": PARTNER, "by": "client"}
    ),
}


@pytest.mark.parametrize("what", READS)
def test_what_depends_on_it_is_refused_and_says_why(told: Told, made: Make, what: str) -> None:
    status, problem, rule = SAID[made]
    for _ in range(2):
        answer: httpx.Response = READS[what](told)
        document = answer.json()
        assert (answer.status_code, document["type"], document.get("rule")) == (status, problem, rule)
        assert ("retry-after" in answer.headers) == (status == 503)
        assert "redacted" not in answer.text


def test_a_decision_is_neither_yes_nor_redacted_whoever_has_it_cached(told: Told) -> None:
    earlier = told.service.start()
    for api in (told.api, earlier, told.api):
        assert decided(api, told.unreadable, told.well) == ["unreadable", "consented"]
        answer = api.record(f"{told.unreadable.path}/red-flags", FLAG)
        assert answer.status_code >= 500


def test_it_holds_up_no_other_episode(told: Told) -> None:
    assert told.api.record(f"{told.well.path}/red-flags", FLAG).status_code == 201
    assert told.api.http.get(told.well.path).status_code == 200


def test_the_process_that_has_the_state_before_it_cached_does_not_go_on_from_there(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(postgres, tmp_path_factory.mktemp("cached")) as (service, api):
        story = tell(api)
        consent(api, story, "sessions")
        assert decided(api, story) == ["consented"]
        of_a_later_release(service, story.path.rpartition("/")[2])
        assert decided(api, story) == ["unreadable"]
        assert api.record(f"{story.path}/red-flags", FLAG).status_code == 503
        assert decided(api, story) == ["unreadable"]
