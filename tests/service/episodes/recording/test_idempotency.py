"""Doing it twice over HTTP: the same answer byte for byte, to whom may have it still."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest

from episodes.http.examples import CLINIC, EXAMPLES, THERAPIST
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import bearer, refused

NOTE = {"stage": "midpoint", "history": "Better"}
OPENING = EXAMPLES["EpisodeOpenedCommand"]


class Served(NamedTuple):
    service: Service
    api: Api

    def events(self) -> Any:
        return self.service.rows("SELECT count(*) FROM stored_events")[0]["count"]


@pytest.fixture
def served(shared: tuple[Service, Api]) -> Served:
    return Served(*shared)


@pytest.mark.parametrize("opening", [True, False])
def test_the_same_request_gets_the_same_answer_byte_for_byte(served: Served, opening: bool) -> None:
    path, body = ("/v1/episodes", OPENING) if opening else (f"{served.api.opened()}/assessments", NOTE)
    key = uuid4()
    first = served.api.record(path, body, key)
    stored = served.events()
    again = served.api.record(path, body, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("etag", "location", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert served.events() == stored


def test_a_repeat_is_answered_by_another_process_and_after_the_episode_moved_on(served: Served) -> None:
    path, key = f"{served.api.opened()}/assessments", uuid4()
    first = served.api.record(path, NOTE, key)
    served.api.record(path, NOTE)
    other = served.service.start()
    again = other.record(path, NOTE, key)
    other.close()
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


def test_the_answer_names_the_version_and_where_the_first_event_is(served: Served) -> None:
    answer = served.api.record("/v1/episodes", OPENING)
    told = answer.json()
    assert set(told) == {"events", "episode", "warnings"}
    assert set(told["events"][0]) == {"id", "type", "version", "occurred_at", "recorded_at"}
    assert answer.headers["etag"] == '"1"'
    event = served.api.http.get(answer.headers["location"])
    assert event.status_code == 200
    assert event.json()["event_id"] == told["events"][0]["id"]
    assert served.api.http.get(f"/v1/episodes/{told['episode']['id']}").headers["etag"] == '"1"'


@pytest.mark.parametrize("change", ["caller", "role", "organisation"])
def test_a_key_of_another_caller_is_refused(served: Served, change: str) -> None:
    path, key = f"{served.api.opened()}/assessments", uuid4()
    assert served.api.record(path, NOTE, key).status_code == 201
    others = {
        "caller": served.service.token(),
        "role": served.service.token("therapist", THERAPIST, clinics=(UUID(CLINIC),)),
        "organisation": served.service.token("service", THERAPIST, organisation=uuid4()),
    }
    stored = served.events()
    refused(served.api.record(path, NOTE, key, bearer(others[change])), 422, "key-reused")
    assert served.events() == stored


@pytest.mark.parametrize("change", ["body", "spaces", "episode", "step", "version"])
def test_a_key_of_another_request_is_refused(served: Served, change: str) -> None:
    episode, key = served.api.opened(), uuid4()
    path, body, headers = f"{episode}/assessments", json.dumps(NOTE), {"idempotency-key": str(key)}
    assert served.api.http.post(path, content=body, headers=headers).status_code == 201
    match change:
        case "body":
            body = json.dumps(NOTE | {"history": "Worse"})
        case "spaces":
            body += " "
        case "episode":
            path = f"{served.api.opened()}/assessments"
        case "step":
            path = f"{episode}/closure"
            body = json.dumps(EXAMPLES["EpisodeClosedCommand"])
        case "version":
            headers |= {"if-match": '"2"'}
    stored = served.events()
    answer = served.api.http.post(path, content=body, headers=headers)
    assert refused(answer, 422, "key-reused")["rule"] == "idempotency-key-reused"
    assert served.events() == stored


def test_a_receipt_of_an_earlier_release_which_says_no_role_still_answers(served: Served) -> None:
    path, key = f"{served.api.opened()}/assessments", uuid4()
    first = served.api.record(path, NOTE, key)
    with psycopg.connect(served.service.database.superuser_url) as store:
        store.execute("UPDATE command_receipts SET asked_as = '' WHERE command_id = %s", (key,))
    for role in ("service", "therapist"):
        token = served.service.token(role, THERAPIST, clinics=(UUID(CLINIC),))
        again = served.api.record(path, NOTE, key, bearer(token))
        assert (again.status_code, again.content) == (201, first.content)


def test_a_repeat_is_authorised_again(served: Served) -> None:
    path, key = f"{served.api.opened()}/assessments", uuid4()
    mine = bearer(served.service.token("therapist", THERAPIST, clinics=(UUID(CLINIC),)))
    moved = bearer(served.service.token("therapist", THERAPIST, clinics=(uuid4(),)))
    demoted = bearer(served.service.token("coordinator", THERAPIST, clinics=(UUID(CLINIC),)))
    assert served.api.record(path, NOTE, key, mine).status_code == 201
    refused(served.api.record(path, NOTE, key, moved), 404, "not-found")
    refused(served.api.record(path, NOTE, key, demoted), 403, "forbidden")
    assert served.api.record(path, NOTE, key, mine).headers["idempotency-replayed"] == "true"


def test_a_repeated_opening_is_authorised_again(served: Served) -> None:
    key = uuid4()
    mine = bearer(served.service.token("therapist", THERAPIST, clinics=(UUID(CLINIC),)))
    moved = bearer(served.service.token("therapist", THERAPIST, clinics=(uuid4(),)))
    assert served.api.record("/v1/episodes", OPENING, key, mine).status_code == 201
    refused(served.api.record("/v1/episodes", OPENING, key, moved), 404, "not-found")


def test_a_refused_command_may_be_mended_under_the_same_key(served: Served) -> None:
    episode, key = served.api.opened(), uuid4()
    path = f"{episode}/assessments"
    refused(served.api.record(path, NOTE | {"stage": "final"}, key), 400, "malformed")
    refused(served.api.record(path, NOTE | {"performer": str(uuid4())}, key), 422, "rule-broken")
    refused(served.api.record(path, NOTE, key, {"if-match": '"7"'}), 412, "moved")
    mended = served.api.record(path, NOTE, key)
    assert mended.status_code == 201
    assert "idempotency-replayed" not in mended.headers


def test_a_key_counts_within_its_network_alone(served: Served) -> None:
    key = uuid4()
    served.api.record("/v1/episodes", OPENING, key)
    other = bearer(served.service.token(network="other"))
    elsewhere = served.api.record("/v1/episodes", OPENING, key, other)
    assert refused(elsewhere, 422, "rule-broken")["rule"].startswith("unknown-")


def test_a_command_decided_on_an_older_version_is_told_the_newest(served: Served) -> None:
    path = f"{served.api.opened()}/assessments"
    assert served.api.record(path, NOTE, headers={"if-match": '"1"'}).headers["etag"] == '"2"'
    stored = served.events()
    stale = refused(served.api.record(path, NOTE, headers={"if-match": '"1"'}), 412, "moved")
    assert stale["version"] == 2
    assert served.events() == stored


def test_a_source_ref_known_already_names_the_event_there_is(served: Served) -> None:
    path = f"{served.api.opened()}/assessments"
    note = NOTE | {"source_ref": {"system": "practice", "value": str(uuid4())}}
    event = served.api.record(path, note).json()["events"][0]["id"]
    known = served.api.record(path, note)
    assert refused(known, 409, "reference-known")["event"] == event
    assert note["source_ref"]["value"] not in known.text  # type: ignore[index]


@pytest.mark.parametrize(("seconds", "warned"), [(60, True), (-60, False)])
def test_a_time_a_little_ahead_of_our_clock_is_taken_with_a_warning(
    served: Served, seconds: int, warned: bool
) -> None:
    path = f"{served.api.opened()}/assessments"
    at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    answer = served.api.record(path, NOTE | {"occurred_at": at})
    expected = [{"rule": "ahead-of-our-clock", "pointer": "/occurred_at"}]
    assert answer.json()["warnings"] == (expected if warned else [])
