"""The feed passes over what cannot be read, and readiness, metrics and the log say so; care goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.damage import HEADER, SEAL, flip, on_disk
from tests.support.episodes.stored_rows import of_a_later_release
from tests.support.servers.postgres import PostgresServer


@pytest.fixture
def served(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[Service, Api]]:
    with serving(postgres, tmp_path) as (service, api):
        yield service, api


def fed(api: Api) -> list[tuple[UUID, int]]:
    """The events of the feed, by episode and `sequence`."""
    answer = api.http.get("/v1/feed", params={"limit": 1_000})
    assert answer.status_code == 200, answer.text
    return [(UUID(event["subject"]), event["sequence"]) for event in answer.json()["events"]]


def episode_with_three(api: Api) -> UUID:
    path = api.opened()
    for _ in range(2):
        assert api.record(f"{path}/assessments", EXAMPLES["AssessedCommand"]).status_code == 201
    return UUID(path.rpartition("/")[2])


@pytest.mark.parametrize("byte", [HEADER, SEAL])
def test_a_damaged_event_is_passed_over_and_said_once(served: tuple[Service, Api], byte: str) -> None:
    service, api = served
    damaged, other = episode_with_three(api), episode_with_three(api)
    flip(service.database, damaged, 2, byte)
    for _ in range(2):
        events = fed(api)
        assert (damaged, 2) not in events
        assert {(damaged, 1), (damaged, 3), (other, 1), (other, 2)} <= set(events)
    assert api.log_until_now.count("event passed over") == 1
    assert "episodes_feed_passed_over 1.0" in api.http.get("/metrics").text


def test_an_event_of_a_later_release_is_passed_over(served: tuple[Service, Api]) -> None:
    service, api = served
    episode = episode_with_three(api)
    where = f"originator_id = '{episode}' AND originator_version = 2"
    (known,) = on_disk(service.database, f"SELECT * FROM stored_events WHERE {where}")
    later: dict[str, Any] = of_a_later_release(known, 2)
    put = f"UPDATE stored_events SET topic = %s, state = %s WHERE {where}"
    on_disk(service.database, put, later["topic"], later["state"])
    assert [sequence for _, sequence in fed(api)][:2] == [1, 3]


def test_readiness_names_what_followers_hold_back_and_stays_ready(served: tuple[Service, Api]) -> None:
    service, api = served
    assert api.http.get("/health/ready").json() == {"ready": True}
    on_disk(
        service.database,
        "INSERT INTO positions VALUES ('kafka', 1, 9), ('episodes/1', 1, 9) ON CONFLICT DO NOTHING",
    )
    held = "INSERT INTO held_back (follower, kind, name, after, reason) VALUES (%s, %s, %s, 1, 'it is so')"
    for follower in ("kafka", "episodes/1", "episodes/gone"):
        on_disk(service.database, held, follower, "episode", "one")
    on_disk(service.database, held, "kafka", "episode", "two")
    for network in ("out", "retired"):
        on_disk(service.database, held, "kafka", "network", network)
    on_disk(service.database, "INSERT INTO retired_networks (name) VALUES ('retired')")
    answer = api.http.get("/health/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "warnings": ["damaged: 2", "held back, networks not configured: 1"]},
    )
    metrics = api.http.get("/metrics").text
    assert 'episodes_held_back{follower="kafka",kind="episode"} 2.0' in metrics
    assert 'episodes_held_back{follower="kafka",kind="network"} 1.0' in metrics
    assert 'episodes_held_back{follower="episodes/1",kind="episode"} 1.0' in metrics
