"""What looks wrong is recorded as told, and the answer says so by rule and place, never by value."""

from typing import Any
from uuid import uuid4

import pytest

from episodes.http.examples import THERAPIST
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.drafts import BODIES
from tests.support.episodes.http_episode import Story
from tests.support.waiting import eventually

GONIOMETER = {"mode": "passive", "unit": "deg", "scale": "goniometer"}
LEFT_KNEE = {"code": "knee", "side": "left"}
SWAPPED = {"min": 100, "max": 0, "higher_is": "better"}
DOUBLE = "looks-recorded-already"


@pytest.fixture
def story(shared: tuple[Service, Api]) -> Story:
    _, api = shared
    return Story.begun(api)


def assessed(story: Story, **said: Any) -> list[tuple[str, str]]:
    """What is told of an assessment, which must be recorded."""
    answer = story.api.record(f"{story.path}/assessments", {"stage": "ad_hoc", **said})
    assert answer.status_code == 201, answer.text
    assert "7391" not in answer.text, "a value is never told"
    return [(warning["rule"], warning["pointer"]) for warning in answer.json()["warnings"]]


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (
            {"measure": "pain", "value": 7391, "unit": "{score}", "scale": "NRS 0-10"},
            {"outside-its-scale": "value"},
        ),
        ({"measure": "pain", "value": 7, "unit": "banana 7391", "scale": "x"}, {"unknown-unit": "unit"}),
        (
            {"measure": "jaw.opening", "value": 42, "unit": "cm", "scale": "cm"},
            {"implausible-value": "value"},
        ),
        (
            {"measure": "knee.extension", "site": {"code": "shoulder", "side": "left"}, "value": 7391}
            | {**GONIOMETER, "unit": "cm"},
            {"unit-not-of-the-measure": "unit", "site-not-of-the-measure": "site/code"},
        ),
        ({"measure": "knee.extension", "value": -10, "site": LEFT_KNEE, **GONIOMETER}, {}),
        (
            {"measure": "knee.extension", "value": -10, "site": {"code": "knee"}, **GONIOMETER},
            {"missing-side": "site"},
        ),
    ],
)
def test_a_reading_that_looks_wrong_is_recorded_and_told(
    story: Story, reading: dict[str, Any], told: dict[str, str]
) -> None:
    coded = {**reading, "measure": {"code": reading["measure"]}}
    expected = [(rule, f"/readings/0/{place}") for rule, place in told.items()]
    assert assessed(story, readings=[coded]) == expected


def test_so_is_a_result_that_its_instrument_cannot_have(story: Story) -> None:
    oswestry = {"instrument": {"code": "oswestry"}}
    scored = {**oswestry, "reported_score": 7391, "scale": SWAPPED}
    twice = {**oswestry, "items": [{"item": 1, "answer": 9}, {"item": 1, "answer": 2}]}
    assert assessed(story, instruments=[scored, twice]) == [
        ("scale-ends-swapped", "/instruments/0/scale"),
        ("direction-not-of-the-instrument", "/instruments/0/scale/higher_is"),
        ("outside-its-scale", "/instruments/0/reported_score"),
        ("outside-its-scale", "/instruments/1/items/0/answer"),
        ("item-answered-twice", "/instruments/1/items/1/item"),
    ]


def test_a_form_sent_twice_is_recorded_twice_and_the_answer_names_the_first(story: Story) -> None:
    path, key = f"{story.path}/sessions", uuid4()
    first, second, again = (story.api.record(path, BODIES["sessions"], one) for one in (key, uuid4(), key))
    assert first.json()["warnings"] == []
    named = {"detail": f"It looks like event {first.json()['events'][0]['id']}."}
    assert second.json()["warnings"] == [{"rule": DOUBLE, "pointer": "/start", **named}]
    assert again.content == first.content
    assert len(story.api.http.get(story.path).json()["sessions"]) == 2


def test_of_two_baselines_at_once_the_second_is_told_and_a_visit_has_one_session(story: Story) -> None:
    baselines = [story.api.record(f"{story.path}/assessments", {"stage": "baseline"}) for _ in range(2)]
    assert [[one["rule"] for one in answer.json()["warnings"]] for answer in baselines] == [[], [DOUBLE]]
    of_a_visit = {**BODIES["sessions"], "visit": str(uuid4())}
    answers = [story.api.record(f"{story.path}/sessions", of_a_visit) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 422]


def test_a_session_of_nobody_is_told_until_a_correction_names_who_gave_it(story: Story) -> None:
    body = {name: value for name, value in BODIES["sessions"].items() if name != "performer"}
    answer = story.api.record(f"{story.path}/sessions", body).json()
    assert answer["warnings"] == [{"rule": "no-performer", "pointer": "/performer"}]
    correction = {
        "of": "session-delivered.1",
        "replacement": body,
        "reason_code": "other",
        "reason": "left out",
    }
    path = f"{story.path}/events/{answer['events'][0]['id']}/correction"
    still = story.api.record(path, correction).json()
    assert still["warnings"] == [{"rule": "no-performer", "pointer": "/performed_by"}]
    assert story.api.record(path, correction | {"performed_by": THERAPIST}).json()["warnings"] == []


def test_of_two_openings_of_a_client_at_once_the_second_is_told(shared: tuple[Service, Api]) -> None:
    service, api = shared
    body = {**BODIES["episodes"], "client": str(uuid4())}
    api.http.put(f"/v1/clients/{body['client']}", json={})
    beside = service.start()
    eventually(beside.ready, "the second API is ready")
    first, second = (one.record("/v1/episodes", body).json() for one in (api, beside))
    assert [one["rule"] for one in first["warnings"]] == []
    assert second["warnings"] == [
        {"rule": DOUBLE, "pointer": "", "detail": f"It looks like episode {first['episode']['id']}."}
    ]
