"""Where a record comes from: imported, late or corrected; known under the caller's own id; vouched for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.domain.vocabulary import COMMANDS
from episodes.http.examples import CLINIC, COLLEAGUE, EXAMPLES, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, pointers, refused
from tests.support.episodes.http_episode import Story
from tests.support.episodes.refusal_table import DROP
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

RESOURCES = [step.resource for step in COMMANDS]
STUDENT, UNLICENSED = str(UUID(int=701)), str(UUID(int=702))
IMPORTED = {"/origin": "imported"}
DATED = [step.resource for step in COMMANDS if step.own_time is None and not step.rewrites]
"""What states no time of its own. What amends happens as it is recorded."""
ELSEWHERE = str(UUID(int=703))


class Served(NamedTuple):
    service: Service
    api: Api
    second: Api

    def fact(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 201, answer.text
        return self.api.http.get(answer.headers["location"]).json()["fact"]

    def origins(self, answer: httpx.Response) -> list[str]:
        """How each event of the answer came to be known."""
        told = answer.json()
        path = f"/v1/episodes/{told['episode']['id']}/events"
        return [self.api.http.get(f"{path}/{event['id']}").json()["origin"] for event in told["events"]]


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two processes; the second keeps nothing in memory."""
    with serving(postgres, tmp_path_factory.mktemp("origins")) as (service, api):
        second = service.start(cache_bytes="0")
        api.http.put(f"/v1/clinics/{ELSEWHERE}", json=EXAMPLES["Clinic"])
        for person, role in ((STUDENT, "student"), (UNLICENSED, "therapist")):
            api.http.put(f"/v1/staff/{person}", json={"role": role})
        eventually(second.ready, "the second API is ready")
        yield Served(service, api, second)


@pytest.mark.parametrize("resource", RESOURCES)
def test_only_a_service_says_that_something_is_imported(served: Served, resource: str) -> None:
    story = Story.begun(served.api)
    request = story.asked(resource, {**IMPORTED, "/precision": "unknown"})
    token = served.service.token("supervisor", THERAPIST, clinics=(UUID(CLINIC),))
    answer = served.api.record(request.path, request.body, headers=bearer(token))
    document = refused(answer, 403, "forbidden")
    assert (document["rule"], pointers(document)) == ("imported-by-a-service-only", ["/origin"])
    assert served.api.record(request.path, request.body).status_code == 201


@pytest.mark.parametrize("resource", DATED)
def test_no_time_is_invented_for_an_import(served: Served, resource: str) -> None:
    request = Story.begun(served.api).asked(resource, {**IMPORTED, "/occurred_at": DROP})
    document = refused(served.api.record(request.path, request.body), 422, "rule-broken")
    assert (document["rule"], pointers(document)) == ("import-without-a-time", ["/occurred_at"])
    request.body["precision"] = "unknown"
    assert served.api.record(request.path, request.body).status_code == 201


def test_what_a_desk_decision_lacked_is_stored_as_a_breach_when_imported(served: Served) -> None:
    story = Story.begun(served.api)

    def breaches(resource: str, changes: dict[str, Any]) -> list[str]:
        dated = {} if resource == "sessions" else {"/occurred_at": "2026-09-02T08:00:00Z"}
        request = story.asked(resource, {**IMPORTED, **dated, **changes}, bare=True)
        fact = served.fact(served.api.record(request.path, request.body))
        return [breach["rule"] for breach in fact["breaches"]]

    assert breaches("plans", {}) == ["plan-needs-a-baseline-assessment"]
    clinical = {"/reason": "clinical", "/occurred_at": "2026-09-02T09:00:00Z"}
    assert breaches("plan-refinements", clinical) == ["clinical-refinement-needs-newer-evidence"]
    assert breaches("referrals", {}) == ["referral-needs-consent"]
    assert breaches("referrals", {"/kinds_sent": ["plans", "sessions"]}) == ["referral-needs-consent"]
    session = breaches("sessions", {"/check_id": DROP})
    assert session == ["no-treatment-consent", "no-session-check"]
    again = story.asked("plans", {**IMPORTED, "/precision": "unknown"}, bare=True)
    document = refused(served.api.record(again.path, again.body), 422, "rule-broken")
    assert document["rule"] == "plan-already-set", "a rule of the record is none of care"


@pytest.mark.parametrize(
    ("hours", "more", "origin"),
    [
        (23.9, {}, "live"),
        (24.1, {}, "late"),
        (0, IMPORTED, "imported"),
        (24.1, IMPORTED, "imported"),
    ],
)
def test_late_is_what_comes_more_than_a_day_after_unless_imported(
    served: Served, hours: float, more: dict[str, str], origin: str
) -> None:
    story = Story.begun(served.api)
    at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    assert served.origins(story.tell("assessments", {"/occurred_at": at, **more})) == [origin]


@pytest.mark.parametrize("kind", ["addition", "correction", "retraction"])
@pytest.mark.parametrize("more", [{}, IMPORTED, {"/occurred_at": "2026-09-20T09:00:00Z"}])
def test_an_amendment_is_corrected_before_it_is_anything_else(
    served: Served, kind: str, more: dict[str, str]
) -> None:
    story = Story.begun(served.api)
    assert served.origins(story.tell(f"events/{{about}}/{kind}", more)) == ["corrected"]


def test_vouching_for_an_entry_and_refusing_to_amend_it_correct_nothing(served: Served) -> None:
    story = Story.begun(served.api)
    for resource in ("attestations", "events/{about}/amendment-refusal"):
        assert served.origins(story.tell(resource)) == ["live"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_source_ref_known_under_another_key_names_its_event_to_every_process(
    served: Served, resource: str
) -> None:
    story, key = Story.begun(served.api), uuid4()
    reference = {"system": "practice", "value": str(uuid4())}
    request = story.asked(resource, {"/source_ref": reference})
    first = served.api.record(request.path, request.body, key)
    assert first.status_code == 201, first.text
    event = first.json()["events"][0]["id"]
    stored = served.service.rows("SELECT count(*) FROM stored_events")
    for api in (served.second, served.api):
        known = refused(api.record(request.path, request.body), 409, "reference-known")
        assert (known["rule"], known["event"]) == ("source-ref-known", event)
        assert reference["value"] not in str(known)
        assert api.record(request.path, request.body, key).content == first.content
    assert served.service.rows("SELECT count(*) FROM stored_events") == stored
    assert first.headers["location"].endswith(event)


def test_a_source_ref_is_known_in_the_whole_network_and_in_no_other(served: Served) -> None:
    reference = {"/source_ref": {"system": "practice", "value": str(uuid4())}}
    event = Story.begun(served.api).tell("hold", reference).json()["events"][0]["id"]
    elsewhere = Story.begun(served.second).tell("red-flags", reference)
    assert refused(elsewhere, 409, "reference-known")["event"] == event
    other = bearer(served.service.token(network="other"))
    request = Story.begun(served.api).asked("episodes", reference)
    unknown = refused(served.api.record(request.path, request.body, headers=other), 422, "rule-broken")
    assert unknown["rule"] == "unknown-clinic"


@pytest.mark.parametrize("role", ["therapist", "supervisor", "coordinator"])
def test_a_source_ref_of_another_clinic_is_refused_without_naming_its_record(
    served: Served, role: str
) -> None:
    reference = {"/source_ref": {"system": "practice", "value": str(uuid4())}}
    event = Story.begun(served.api).tell("hold", reference).json()["events"][0]["id"]
    elsewhere = Story.begun(served.api, clinic=ELSEWHERE)
    request = elsewhere.asked("hold", reference)
    for clinic, named in ((ELSEWHERE, None), (CLINIC, event)):
        clinics = tuple(UUID(it) for it in {clinic, ELSEWHERE})
        headers = bearer(served.service.token(role, THERAPIST, clinics=clinics))
        for api in (served.second, served.api):
            known = refused(api.record(request.path, request.body, headers=headers), 409, "reference-known")
            assert (known["rule"], known.get("event")) == ("source-ref-known", named)
            assert ("episode" in known) == ("event" in known)


def test_a_visit_may_serve_two_episodes_but_each_only_once(served: Served) -> None:
    visit = {"/visit": str(uuid4())}
    first = Story.begun(served.api)
    second = Story.begun(served.api, client=first.client)
    for story in (first, second):
        fact = served.fact(story.tell("sessions", visit))
        assert (fact["visit"], fact["breaches"]) == (visit["/visit"], [])
    document = refused(second.tell("sessions", visit), 422, "rule-broken")
    assert (document["rule"], pointers(document)) == ("visit-already-recorded", ["/visit"])


def test_who_vouches_for_others_has_a_licence_and_their_session_shows_it(served: Served) -> None:
    story = Story.begun(served.api)
    with_student = {"/participants": [{"id": STUDENT, "role": "student"}], "/performer": STUDENT}
    session = story.tell("sessions", with_student).json()["events"][0]["id"]
    for person in (STUDENT, UNLICENSED):
        document = refused(
            story.tell("attestations", {"/events": [session], "/by": person}), 422, "rule-broken"
        )
        assert (document["rule"], pointers(document)) == ("attested-without-a-licence", ["/by"])
    answer = story.tell("attestations", {"/events": [session], "/by": THERAPIST})
    attested = {"event": answer.json()["events"][0]["id"], "type": "entry-attested.1"}
    [shown] = served.api.http.get(story.path).json()["sessions"]
    assert (shown["performer"], shown["attested_by"]) == (STUDENT, [attested])
    version = answer.json()["episode"]["version"] - 1
    [before] = served.api.http.get(f"{story.path}?version={version}").json()["sessions"]
    assert "attested_by" not in before


@pytest.mark.parametrize("role", ["therapist", "supervisor"])
def test_who_vouches_does_so_in_their_own_name_unless_a_service_tells_it(served: Served, role: str) -> None:
    story = Story.begun(served.api)
    request = story.asked("attestations", {"/by": THERAPIST})
    for sub, status in ((COLLEAGUE, 403), (THERAPIST, 201)):
        token = served.service.token(role, sub, clinics=(UUID(CLINIC),))
        answer = served.api.record(request.path, request.body, headers=bearer(token))
        assert answer.status_code == status, answer.text
        if status == 403:
            document = refused(answer, 403, "forbidden")
            assert (document["rule"], pointers(document)) == ("attested-by-another", ["/by"])
    service = bearer(served.service.token("service", COLLEAGUE))
    assert served.api.record(request.path, request.body, headers=service).status_code == 201
