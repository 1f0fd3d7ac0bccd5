"""Times as exactly as they are known, over HTTP: as they are written, kept, and warned of."""

from typing import Any

import pytest

from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import pointers, refused
from tests.support.episodes.http_episode import Story
from tests.support.episodes.refusal_table import DROP

IMPORTED = {"/origin": "imported"}
RESPONSE = {"note": "sore"}
MIDNIGHT = ("midnight-elsewhere", "/occurred_at")


@pytest.fixture
def story(shared: tuple[Service, Api]) -> Story:
    _, api = shared
    return Story.begun(api)


def told(story: Story, resource: str, body: Any) -> tuple[str, str, list[tuple[str, str]]]:
    """The time that was kept, how exactly it is known, and what the answer warns of."""
    answer = story.api.record(f"{story.path}/{resource}", body)
    assert answer.status_code == 201, answer.text
    event = story.api.http.get(answer.headers["location"]).json()
    warned = [(it["rule"], it["pointer"]) for it in answer.json()["warnings"]]
    return event["occurred_at"], event["precision"], warned


@pytest.mark.parametrize(
    ("said", "at", "precision", "warned"),
    [
        ({"occurred_at": "2026-11-03"}, "2026-11-03T00:00:00-08:00", "day", []),
        ({"occurred_at": "2026-11"}, "2026-11-01T00:00:00-07:00", "month", []),
        ({"occurred_at": "2026-11-03T10:00-08:00"}, "2026-11-03T10:00:00-08:00", "minute", []),
        (
            {"occurred_at": "2026-11-03T00:00:00Z", "precision": "day"},
            "2026-11-02T00:00:00-08:00",
            "day",
            [MIDNIGHT],
        ),
        (
            {"occurred_at": "2026-11-01T00:00:00Z", "precision": "month"},
            "2026-10-01T00:00:00-07:00",
            "month",
            [MIDNIGHT],
        ),
    ],
)
def test_a_day_or_a_month_is_taken_as_it_is_written_and_a_midnight_of_another_zone_is_marked(
    story: Story, said: Any, at: str, precision: str, warned: list[tuple[str, str]]
) -> None:
    assert told(story, "responses", {**RESPONSE, **said}) == (at, precision, warned)


def test_no_time_is_invented_for_an_import_and_a_stated_precision_is_kept(story: Story) -> None:
    undated = story.asked("assessments", {**IMPORTED, "/occurred_at": DROP})
    document = refused(story.api.record(undated.path, undated.body), 422, "rule-broken")
    assert (document["rule"], pointers(document)) == ("import-without-a-time", ["/occurred_at"])
    visit = {"origin": "imported", "techniques": [], "precision": "month"}
    of_a_day = {**visit, "date_of_service": "2009-07-01", "occurred_at": "2009-07-01T00:00:00-07:00"}
    assert told(story, "sessions", of_a_day)[:2] == ("2009-07-01T00:00:00-07:00", "month")
    of_a_month = {**visit, "date_of_service": "2009-07"}
    assert told(story, "sessions", of_a_month)[:2] == ("2009-07-01T00:00:00-07:00", "month")
    signed = {"given": {"by": "client"}, "origin": "imported", "precision": "day"}
    for at in ("2026-10-03T00:00:00-07:00", "2026-10-03"):
        consent = {**signed, "signed_at": at}
        assert told(story, "treatment-consents", consent)[:2] == ("2026-10-03T00:00:00-07:00", "day")


def test_a_consent_bears_a_date_and_a_session_of_that_morning_breaks_no_rule(story: Story) -> None:
    for step in ("assessments", "plans"):
        story.did(step)
    dated = {"given": {"by": "client"}, "signed_at": "2026-09-03"}
    told(story, "treatment-consents", dated)
    session = story.asked("sessions", {"/check_id": DROP}, bare=True)
    answer = story.api.record(session.path, session.body)
    assert answer.json()["breaches"] == ["no-session-check"]


def test_a_session_of_unknown_time_says_what_is_certain(story: Story) -> None:
    story.did("assessments")
    session = story.asked("sessions", {"/check_id": DROP, "/start": DROP, "/end": DROP}, bare=True)
    unknown = {**session.body, "precision": "unknown"}
    answer = story.api.record(session.path, unknown)
    assert answer.json()["breaches"] == ["no-plan-in-force", "no-treatment-consent", "no-session-check"]
    signed = {"given": {"by": "client"}, "signed_at": "2026", "precision": "unknown"}
    told(story, "treatment-consents", signed)
    state = story.api.http.get(story.path).json()
    [shown] = state["sessions"]
    assert [it["rule"] for it in shown["breaches"]] == [
        "no-plan-in-force",
        "time-not-known",
        "no-session-check",
    ]
