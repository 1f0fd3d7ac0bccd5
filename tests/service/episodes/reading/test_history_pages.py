"""Histories in pages over HTTP: the same events as the whole, for whoever reads them."""

from typing import Any
from uuid import UUID

import pytest

from episodes.http.examples import CLINIC, COLLEAGUE, EXAMPLES, THERAPIST
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import bearer, pointers, refused, tell
from tests.support.episodes.http_episode import Story

THERE = str(UUID(int=507))


def walked(api: Api, story: Story, limit: int, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Every event of a walk over the pages. Each page but the last is full."""
    events, cursor = list[dict[str, Any]](), dict[str, str]()
    while True:
        answer = api.http.get(f"{story.path}/history", params={"limit": limit, **cursor}, headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        events += page["events"]
        if "next" not in page:
            return events
        assert len(page["events"]) == limit
        cursor = {"cursor": page["next"]}


@pytest.fixture(scope="module")
def story(shared: tuple[Service, Api]) -> Story:
    """An episode with everything that can be said, amended and attested, handed over and continued there."""
    _, api = shared
    story = tell(api)
    api.http.put(f"/v1/clinics/{THERE}", json=EXAMPLES["Clinic"])
    assert story.tell("transfers", {"/to": {"therapist": COLLEAGUE, "clinic": THERE}}).status_code == 201
    assert story.tell("attestations", {}).status_code == 201
    return story


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
@pytest.mark.parametrize("clinics", [(), (CLINIC,), (THERE,), (CLINIC, THERE)])
def test_a_walk_over_the_pages_shows_the_whole(
    shared: tuple[Service, Api], story: Story, limit: int, clinics: tuple[str, ...]
) -> None:
    service, api = shared
    named = {"clinics": tuple(map(UUID, clinics))} if clinics else {}
    headers = bearer(service.token("privacy_officer", THERAPIST, **named))
    whole = api.http.get(f"{story.path}/history", headers=headers)
    assert walked(api, story, limit, headers) == whole.json()["events"]
    first = api.http.get(f"{story.path}/history?limit={limit}", headers=headers)
    assert first.headers["etag"] == whole.headers["etag"]
    assert len(whole.json()["events"]) > 20


def test_what_is_recorded_meanwhile_is_at_the_end_of_the_walk(shared: tuple[Service, Api]) -> None:
    _, api = shared
    story = Story.begun(api)
    story.did("plans")
    first = api.http.get(f"{story.path}/history?limit=2").json()
    session = story.did("sessions")
    rest = api.http.get(f"{story.path}/history", params={"cursor": first["next"]}).json()
    assert rest["events"][0]["version"] == 3
    assert session in [one["event_id"] for one in rest["events"]]
    assert "next" not in rest


def test_past_the_end_a_page_is_empty(shared: tuple[Service, Api], story: Story) -> None:
    _, api = shared
    answer = api.http.get(f"{story.path}/history?limit=5&cursor=h999999999")
    assert (answer.status_code, answer.json()) == (200, {"events": []})


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("limit=x", "/query/limit"),
        ("cursor=3", "/query/cursor"),
        ("cursor=h0", "/query/cursor"),
        ("cursor=h1234567890", "/query/cursor"),
        ("page=2", "/query"),
    ],
)
def test_what_is_no_page_is_refused(
    shared: tuple[Service, Api], story: Story, query: str, pointer: str
) -> None:
    document = refused(shared[1].http.get(f"{story.path}/history?{query}"), 400, "malformed")
    assert [it.partition(":")[0] for it in pointers(document)] == [pointer]
