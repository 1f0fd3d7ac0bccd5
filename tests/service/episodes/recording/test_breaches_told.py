"""Whoever records or amends a session hears at once which rules of care it broke."""

from uuid import uuid4

import pytest

from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.drafts import BODIES
from tests.support.episodes.http_episode import Story

BROKEN = ["no-plan-in-force", "no-treatment-consent", "no-session-check"]
SESSION = "session-delivered.1"


@pytest.fixture
def story(shared: tuple[Service, Api]) -> Story:
    _, api = shared
    return Story.begun(api)


def test_the_answer_to_a_session_names_them_and_a_repeated_one_is_the_same_to_the_byte(story: Story) -> None:
    key, path, body = uuid4(), f"{story.path}/sessions", BODIES["sessions"]
    first, again = (story.api.record(path, body, key) for _ in range(2))
    assert (first.status_code, first.json()["breaches"]) == (201, BROKEN)
    assert again.content == first.content


def test_a_session_that_broke_none_says_so_and_another_command_says_nothing(story: Story) -> None:
    assert story.tell("sessions").json()["breaches"] == []
    for resource in ("assessments", "session-checks", "responses"):
        assert "breaches" not in story.tell(resource).json()


def test_so_does_the_answer_to_what_amends_it_by_all_that_is_known_now(story: Story) -> None:
    story.did("session-checks")
    session = story.api.record(f"{story.path}/sessions", BODIES["sessions"]).json()
    assert session["breaches"] == ["no-session-check"]
    event = f"{story.path}/events/{session['events'][0]['id']}"
    added = {"of": SESSION, "added": {"check_id": story.events["session-checks"]}, "reason": "left out"}
    addition = story.api.record(f"{event}/addition", added).json()
    assert addition["breaches"] == []
    shorter = {**BODIES["sessions"], "check_id": story.events["session-checks"], "duration": 20}
    del shorter["performer"]
    correction = {"of": SESSION, "replacement": shorter, "reason_code": "other", "reason": "mistyped"}
    of_the_addition = f"{story.path}/events/{addition['events'][0]['id']}"
    corrected = story.api.record(f"{of_the_addition}/correction", correction)
    assert corrected.status_code == 201, corrected.text
    assert corrected.json()["breaches"] == ["minutes-exceed-duration"]
    retraction = story.api.record(f"{event}/retraction", {"reason": "another client"})
    assert retraction.status_code == 201, retraction.text
    assert "breaches" not in retraction.json(), "the session is no more"
