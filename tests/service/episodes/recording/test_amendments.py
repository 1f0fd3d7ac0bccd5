"""The bodies of amendments: faults are where they are in the body, and no value is quoted."""

from typing import Any, NamedTuple

import httpx
import pytest

from episodes.domain.vocabulary import STEPS
from episodes.recording.amendment_bodies import AMENDABLE
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.drafts import BODIES
from tests.support.episodes.http_calls import CANARY, pointers, refused
from tests.support.episodes.http_episode import Story

OF_ENTRIES = {step.name: step.resource for step in AMENDABLE}
CORRECTION = {"of": "assessed.1", "reason_code": "other", "reason": "x"}
EXIT = CORRECTION | {"replacement": {"stage": "exit"}}
A_SESSION = {"date_of_service": "2026-09-03", "techniques": []}
MEASURE = {"measure": {"code": "pain"}}


class Served(NamedTuple):
    service: Service
    api: Api
    story: Story

    def stored(self) -> Any:
        rows = self.service.rows("SELECT count(*) FROM stored_events")
        return rows, self.api.http.get("/v1/feed?limit=1000").json()["next"]

    def amend(self, what: str, body: Any, about: str = "assessments") -> httpx.Response:
        return self.api.record(f"{self.story.event(about)}/{what}", body)


@pytest.fixture(scope="module")
def served(shared: tuple[Service, Api]) -> Served:
    service, api = shared
    story = Story.begun(api)
    story.did("sessions")
    return Served(service, api, story)


@pytest.mark.parametrize("what", ["addition", "correction"])
@pytest.mark.parametrize(
    "of",
    [CANARY, "", 7, None, [CANARY], "assessed.2", "entry-corrected.1"]
    + [step.name for step in STEPS if step not in AMENDABLE],
)
def test_a_kind_that_is_none_or_may_not_be_amended_is_named_as_the_fault(
    served: Served, what: str, of: Any
) -> None:
    before = served.stored()
    body = {"of": of, "added": {}, "replacement": {}, "reason_code": "other", "reason": CANARY}
    document = refused(served.amend(what, body), 400, "malformed")
    assert pointers(document) == ["/of"]
    assert served.stored() == before


@pytest.mark.parametrize("what", ["addition", "correction"])
def test_a_body_without_its_kind_is_refused_there(served: Served, what: str) -> None:
    document = refused(served.amend(what, {"added": {}, "reason": CANARY}), 400, "malformed")
    assert pointers(document) == ["/of"]


@pytest.mark.parametrize(
    ("what", "body", "where"),
    [
        ("correction", CORRECTION, "/replacement"),
        ("correction", CORRECTION | {"replacement": None}, "/replacement"),
        ("correction", CORRECTION | {"replacement": [CANARY]}, "/replacement"),
        ("correction", CORRECTION | {"replacement": {"stage": CANARY}}, "/replacement/stage"),
        ("correction", CORRECTION | {"replacement": {"history": CANARY}}, "/replacement/stage"),
        ("correction", CORRECTION | {"replacement": {"stage": "exit", CANARY[:4]: 1}}, "/replacement/zzqq"),
        ("correction", CORRECTION | {"replacement": {"stage": "exit", "assessed.1": 1}},
         "/replacement/assessed.1"),
        ("correction", CORRECTION | {"replacement": {"stage": "exit", "readings": [MEASURE]}},
         "/replacement/readings/0"),
        ("correction", CORRECTION | {"replacement": {"stage": "exit", "readings": [{"value": CANARY}]}},
         "/replacement/readings/0/value"),
        ("correction", EXIT | {"reason_code": CANARY}, "/reason_code"),
        ("correction", EXIT | {"happened_at": CANARY}, "/happened_at"),
        ("correction", EXIT | {"happened_precision": CANARY},
         "/happened_precision"),
        ("correction", EXIT | {"event": CANARY}, "/event"),
        ("correction", CORRECTION | {"replacement": A_SESSION}, "/replacement/date_of_service"),
        ("correction", EXIT | {"of": "session-delivered.1"},
         "/replacement/techniques"),
        ("correction", CORRECTION | {"of": "session-checked.1", "replacement": {"verdict": "go"}},
         "/replacement/verdict"),
        ("addition", {"of": "assessed.1"}, "/added"),
        ("addition", {"of": "assessed.1", "added": CANARY}, "/added"),
        ("addition", {"of": "assessed.1", "added": {"techniques": []}}, "/added/techniques"),
        ("addition", {"of": "assessed.1", "added": {"visit": CANARY}}, "/added/visit"),
        ("addition", {"of": "session-delivered.1", "added": {"duration": 1_441}}, "/added/duration"),
        ("addition", {"of": "session-delivered.1", "added": {"soap": {"plan": 7}}}, "/added/soap/plan"),
        ("addition", {"of": "session-checked.1", "added": {"verdict": "go"}}, "/added/verdict"),
        ("addition", {"of": "partner-reported.1", "added": {"author": {"licence": "x"}}},
         "/added/author/organisation"),
    ],
)  # fmt: skip
def test_a_fault_in_an_amendment_is_named_by_its_place_in_the_body(
    served: Served, what: str, body: Any, where: str
) -> None:
    before = served.stored()
    document = refused(served.amend(what, body), 400, "malformed")
    assert where in pointers(document)
    assert not any(
        name in pointer for name in OF_ENTRIES for pointer in pointers(document) if pointer != where
    )
    assert served.stored() == before


@pytest.mark.parametrize("of", OF_ENTRIES)
def test_an_entry_of_another_kind_is_refused_whatever_its_body(served: Served, of: str) -> None:
    """The form follows `of`; that the entry is of that kind is a rule."""
    about = "sessions" if of == "assessed.1" else "assessments"
    replacement = {**BODIES[OF_ENTRIES[of]]}
    for said_beside in ("occurred_at", "performer", "clinic"):
        replacement.pop(said_beside, None)
    names = {"session": served.story.did("sessions")} if "session" in replacement else {}
    body = CORRECTION | {"of": of, "replacement": {**replacement, **names}}
    document = refused(served.amend("correction", body, about), 422, "rule-broken")
    assert (document["rule"], pointers(document)) == ("entry-of-another-kind", ["/of"])


@pytest.mark.parametrize("of", OF_ENTRIES)
def test_every_kind_that_may_be_amended_is_corrected_by_its_own_body(served: Served, of: str) -> None:
    story = Story.begun(served.api)
    resource = OF_ENTRIES[of]
    request = story.asked(resource, {})
    told = served.api.record(request.path, request.body)
    assert told.status_code == 201, told.text
    if resource == "episodes":
        story.path = f"/v1/episodes/{told.json()['episode']['id']}"
    replacement = dict(request.body)
    for said_beside in ("occurred_at", "performer", "clinic"):
        replacement.pop(said_beside, None)
    event = told.json()["events"][0]["id"]
    answer = served.api.record(
        f"{story.path}/events/{event}/correction", CORRECTION | {"of": of, "replacement": replacement}
    )
    assert answer.status_code == 201, answer.text
    fact = served.api.http.get(answer.headers["location"]).json()["fact"]
    original = served.api.http.get(told.headers["location"]).json()["fact"]
    assert fact["replacement"] == original, "said again, it is decided the same"
