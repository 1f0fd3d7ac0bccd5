"""Facts that arrive late over HTTP: sessions are judged by all that is known, in the same transaction."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest

from episodes.api.health import NOT_EVERYTHING
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_episode import Story
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

NEWS = ["care.episode.sessions_rejudged.v1"]


def told_out_of_order(api: Api) -> Story:
    """A session that was sent before the consent and the plan of two days earlier."""
    story = Story.begun(api)
    check = recorded(story, "session-checks")
    recorded(story, "sessions", {"/check_id": check})
    return story


def recorded(story: Story, step: str, changes: Mapping[str, str] = MappingProxyType({})) -> str:
    """Record a step without those that it needs."""
    request = story.asked(step, changes, bare=True)
    answer = story.api.record(request.path, request.body)
    assert answer.status_code == 201, answer.text
    story.events[step] = answer.json()["events"][0]["id"]
    return story.events[step]


def state(api: Api, story: Story, query: str = "") -> Any:
    return api.http.get(f"{story.path}{query}").json()


def broken(api: Api, story: Story, query: str = "") -> list[str]:
    [session] = state(api, story, query)["sessions"]
    return [breach["rule"] for breach in session["breaches"]]


def test_what_is_sent_late_takes_false_breaches_away(shared: tuple[Service, Api]) -> None:
    _, api = shared
    story = told_out_of_order(api)
    believed = ["no-plan-in-force", "no-treatment-consent", "check-said-stop"]
    assert broken(api, story) == believed
    before = state(api, story)["sessions"][0]["recorded_at"]
    consented = story.tell("treatment-consents")
    assert [event["type"] for event in consented.json()["events"]] == [
        "treatment-consented.1",
        "sessions-rejudged.1",
    ]
    assert broken(api, story) == ["no-plan-in-force", "check-said-stop"]
    planned = story.tell("plans").json()["events"]
    assert broken(api, story) == []
    shown = state(api, story)
    [session], [check] = shown["sessions"], shown["session-checks"]
    anew = [event["events"][-1]["id"] for event in (consented.json(), {"events": planned})]
    assert [entry["event"] for entry in session["rejudged_by"]] == anew
    assert (check["verdict"], check["verdict_now"]) == ("stop", "go")
    assert broken(api, story, f"?recorded_at={before.replace('+', '%2B')}") == believed


def test_a_late_withdrawal_brings_a_breach_to_light_in_history_and_feed(shared: tuple[Service, Api]) -> None:
    _, api = shared
    story = Story.begun(api)
    story.did("sessions")
    assert broken(api, story) == []
    story.did("early withdrawal")
    assert broken(api, story) == ["no-treatment-consent", "check-said-stop"]
    history = api.http.get(f"{story.path}/history").json()["events"]
    [anew] = [event for event in history if event["type"] == "sessions-rejudged.1"]
    assert anew["fact"]["because"] == story.events["early withdrawal"]
    assert anew["fact"]["sessions"] == [
        {
            "session": story.events["sessions"],
            "breaches": ["no-treatment-consent", "check-said-stop"],
            "before": [],
        }
    ]
    [session] = [event for event in history if event["event_id"] == story.events["sessions"]]
    assert session["fact"].get("breaches", []) == []
    assert [entry["event"] for entry in session["rejudged_by"]] == [anew["event_id"]]
    published = api.http.get(f"{story.path}/published-events").json()["events"]
    [told] = [event["data"] for event in published if event["type"] in NEWS]
    assert told["sessions"][0]["breaches"] == ["no-treatment-consent", "check-said-stop"]


@pytest.fixture
def beside_older(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[Service, Api]]:
    """The API on a store that processes of the release before may still read."""
    with serving(postgres, tmp_path) as (service, first):
        assert first.terminated() == 0
        released(service, "0012")
        api = service.start()
        eventually(api.ready, "the API is ready")
        yield service, api


def test_nothing_is_judged_anew_before_all_processes_can_read_it_and_then_at_once(
    beside_older: tuple[Service, Api],
) -> None:
    service, api = beside_older
    story = told_out_of_order(api)
    story.did("plans")
    assert "earlier release" in service.told("rejudge", code=1)
    assert broken(api, story) == ["no-plan-in-force", "no-treatment-consent", "check-said-stop"]
    assert NOT_EVERYTHING in api.http.get("/health/ready").json()["warnings"]
    released(service, "0015")
    story.did("treatment-consents")
    assert broken(api, story) == []
    assert "warnings" not in api.http.get("/health/ready").json()
    assert "1 episodes looked at, 0 judged anew, 0 not judged" in service.told("rejudge")


def test_an_operator_mends_all_that_is_stored_at_once(beside_older: tuple[Service, Api]) -> None:
    service, api = beside_older
    story = told_out_of_order(api)
    imported = story.asked("sessions", {"/origin": "imported"}, bare=True)
    assert api.record(imported.path, imported.body).status_code == 201
    for step in ("treatment-consents", "plans"):
        story.did(step)
    released(service, "0015")
    assert "1 episodes looked at, 1 judged anew, 0 not judged" in service.told("rejudge")
    assert "1 episodes looked at, 0 judged anew, 0 not judged" in service.told("rejudge")


def test_a_release_that_the_store_is_beyond_judges_nothing_anew(beside_older: tuple[Service, Api]) -> None:
    service, _ = beside_older
    released(service, "9999")
    assert "only a later release can read" in service.told("rejudge", code=1)


def released(service: Service, revision: str) -> None:
    """Processes older than this revision do not run any more."""
    with psycopg.connect(service.database.superuser_url) as connection:
        connection.execute("UPDATE compatibility SET compatible_from = %s", [revision])
