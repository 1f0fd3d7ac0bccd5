"""Transfers over HTTP: the new clinic reads all, a former one what it recorded, and writes no more."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.http.examples import CLINIC, COLLEAGUE, EXAMPLES, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, refused
from tests.support.episodes.http_episode import Story
from tests.support.servers.postgres import PostgresServer

HERE, THERE, FAR = CLINIC, str(UUID(int=501)), str(UUID(int=502))
STORE = "SELECT count(*) AS events, max(notification_id) AS place FROM stored_events"


class Served(NamedTuple):
    service: Service
    api: Api

    def of(self, clinic: str, role: str = "supervisor") -> dict[str, str]:
        """The token of somebody of that clinic alone."""
        return bearer(self.service.token(role, THERAPIST, clinics=(UUID(clinic),)))

    def get(self, path: str, clinic: str, role: str = "supervisor") -> httpx.Response:
        return self.api.http.get(path, headers=self.of(clinic, role))

    def seen(self, story: Story, clinic: str) -> list[str]:
        """The types of the events a clinic sees in the history."""
        events = self.get(f"{story.path}/history", clinic).json()["events"]
        return [event["type"].partition(".")[0] for event in events]

    def fed(self, story: Story, clinic: str) -> list[str]:
        events = self.get("/v1/feed?limit=1000", clinic, "service").json()["events"]
        return [
            event["type"].split(".")[2].replace("_", "-") for event in events if event["subject"] == story.id
        ]


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("tenancy")) as (service, api):
        for clinic in (THERE, FAR):
            api.http.put(f"/v1/clinics/{clinic}", json=EXAMPLES["Clinic"])
        yield Served(service, api)


def handed(story: Story, *clinics: str) -> str:
    """Handed over from clinic to clinic, with a note at each; the last transfer's event."""
    event = ""
    for clinic in clinics:
        to = {"/to": {"therapist": COLLEAGUE, "clinic": clinic}}
        event = story.tell("transfers", to).json()["events"][0]["id"]
        assert story.tell("responses", {"/session": "@sessions"}).status_code == 201
    return event


@pytest.fixture(scope="module")
def moved(served: Served) -> Story:
    """Opened and treated here, then handed over there, where a response is noted."""
    story = Story.begun(served.api)
    story.did("sessions")
    story.events["transfers"] = handed(story, THERE)
    return story


OURS = (
    *("episode-opened", "treatment-consented", "assessed", "plan-set", "session-checked"),
    *("session-delivered", "responsibility-transferred"),
)
"""What the former clinic recorded: the handing over, too."""


def test_the_new_clinic_reads_all_and_the_former_what_it_recorded(served: Served, moved: Story) -> None:
    assert served.seen(moved, HERE) == list(OURS)
    assert served.seen(moved, THERE) == [*OURS, "response-noted"]
    new, former = (served.get(moved.path, clinic) for clinic in (THERE, HERE))
    assert (new.json()["version"], new.headers["etag"]) == (8, '"8"')
    assert (former.json()["version"], former.headers["etag"]) == (7, '"7"')
    assert "responses" in new.json()
    assert "responses" not in former.json()
    assert former.json()["sessions"] == new.json()["sessions"]
    refused(served.get(moved.path, FAR), 404, "not-found")


def test_a_former_clinic_sees_older_versions_and_none_after_its_own(served: Served, moved: Story) -> None:
    for version in (1, 3, 7):
        answer = served.get(f"{moved.path}?version={version}", HERE)
        assert (answer.json()["version"], answer.headers["etag"]) == (version, f'"{version}"')
    refused(served.get(f"{moved.path}?version=8", HERE), 404, "not-found")
    assert served.get(f"{moved.path}?recorded_at=2199-01-01T00:00:00Z", HERE).json()["version"] == 7
    assert served.get(f"{moved.path}?version=8", THERE).json()["version"] == 8


def test_a_former_clinic_reads_its_own_events_alone(served: Served, moved: Story) -> None:
    theirs = moved.tell("assessments", {"/occurred_at": "2026-09-05T10:00:00Z"}).json()["events"][0]["id"]
    for step, event in moved.events.items():
        mine = served.get(f"{moved.path}/events/{event}", HERE)
        assert mine.status_code == 200, step
        assert mine.headers["etag"] == '"7"'
    refused(served.get(f"{moved.path}/events/{theirs}", HERE), 404, "not-found")
    assert served.get(f"{moved.path}/events/{theirs}", THERE).status_code == 200


def test_what_a_new_clinic_says_about_an_entry_is_not_told_to_the_former(served: Served) -> None:
    story = Story.begun(served.api)
    story.did("sessions")
    handed(story, THERE)
    before = served.get(story.event("sessions"), HERE)
    for resource in ("events/{about}/addition", "attestations", "events/{about}/amendment-refusal"):
        story.did(resource)
    assert served.get(story.event("sessions"), HERE).content == before.content
    told = served.get(story.event("sessions"), THERE).json()
    assert [one["type"] for one in told["amended_by"]] == ["entry-added-to.1", "amendment-refused.1"]
    assert [one["type"] for one in told["attested_by"]] == ["entry-attested.1"]
    assert "place" not in str(served.get(story.path, HERE).json()["sessions"])
    assert served.get(story.path, THERE).json()["sessions"][0]["place"] == "clinic"


def test_the_feed_of_a_clinic_holds_what_it_recorded(served: Served, moved: Story) -> None:
    assert served.fed(moved, HERE) == [name for name in OURS if name != "treatment-consented"]
    assert served.fed(moved, THERE)[:2] == ["responsibility-transferred", "response-noted"]
    assert served.fed(moved, FAR) == []


@pytest.mark.parametrize("resource", ["assessments", "transfers", "closure", "attestations"])
def test_a_former_clinic_writes_no_more(served: Served, moved: Story, resource: str) -> None:
    request = moved.asked(resource, {})
    stored = served.service.rows(STORE)
    for clinic in (HERE, FAR):
        answer = served.api.record(request.path, request.body, headers=served.of(clinic))
        refused(answer, 404, "not-found")
    assert served.service.rows(STORE) == stored
    moved.events.pop(resource, None)


def test_a_transfer_is_repeated_by_who_made_it_and_by_nobody_else(served: Served) -> None:
    story, key = Story.begun(served.api), uuid4()
    request = story.asked("transfers", {"/to": {"therapist": COLLEAGUE, "clinic": THERE}})

    def tried(clinic: str, its: UUID = key) -> httpx.Response:
        return served.api.record(request.path, request.body, its, served.of(clinic))

    first = tried(HERE)
    assert first.status_code == 201
    again = tried(HERE)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert served.get(first.headers["location"], HERE).status_code == 200
    refused(tried(HERE, uuid4()), 404, "not-found")
    refused(tried(FAR), 404, "not-found")
    handed(story, FAR)
    assert tried(HERE).content == first.content


def test_an_episode_that_comes_back_is_read_and_written_again(served: Served) -> None:
    story = Story.begun(served.api)
    story.did("sessions")
    handed(story, THERE, HERE)
    assert served.seen(story, HERE)[-4:] == ["responsibility-transferred", "response-noted"] * 2
    assert served.seen(story, THERE) == [
        "responsibility-transferred",
        "response-noted",
        "responsibility-transferred",
    ]
    refused(served.api.record(f"{story.path}/hold", {"reason": "x"}, headers=served.of(THERE)), 404,
            "not-found")  # fmt: skip
    held = served.api.record(f"{story.path}/hold", {"reason": "x"}, headers=served.of(HERE))
    assert held.status_code == 201
    assert served.get(story.path, HERE).json()["status"] == "on_hold"
    assert served.get(story.path, THERE).json()["status"] == "open"


def test_of_three_clinics_each_reads_what_is_its_own(served: Served) -> None:
    story = Story.begun(served.api)
    story.did("sessions")
    handed(story, THERE, FAR)
    assert served.seen(story, HERE) == list(OURS)
    assert served.seen(story, THERE) == [
        "responsibility-transferred",
        "response-noted",
        "responsibility-transferred",
    ]
    assert len(served.seen(story, FAR)) == 10
    middle: dict[str, Any] = served.get(story.path, THERE).json()
    assert "sessions" not in middle
    assert len(middle["responses"]) == 1
    assert middle["version"] == 9
    refused(served.get(story.event("sessions"), THERE), 404, "not-found")
    both = bearer(served.service.token("auditor", clinics=(UUID(HERE), UUID(THERE))))
    whole = served.api.http.get(f"{story.path}/history", headers=both).json()["events"]
    assert [event["version"] for event in whole] == list(range(1, 10))
