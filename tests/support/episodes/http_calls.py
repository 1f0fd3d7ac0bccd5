"""The API as its callers use it: the same course of care each time, and the form of a refusal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from episodes.http.examples import EXAMPLES, PARTNER
from episodes.http.problems import KINDS
from tests.support.episodes.api_process import Api, Service

CANARY = "zzqq-canary"
"""A text that must appear nowhere but in the record."""


@dataclass(frozen=True)
class Told:
    """An episode with one event of nearly every kind: its path, and the id of each step's first event."""

    path: str
    events: Mapping[str, str] = field(default_factory=dict)

    def event(self, step: str) -> str:
        return f"{self.path}/events/{self.events[step]}"


def record(api: Api, path: str, body: object, **headers: str) -> str:
    """Record one command. Returns the id of its first event."""
    answer = api.record(path, body, headers=headers)
    assert answer.status_code == 201, (path, answer.text)
    first: str = answer.json()["events"][0]["id"]
    return first


def tell(api: Api, change: Callable[[str, Any], Any] = lambda name, body: body) -> Told:
    """Record every example as a command, in the order of care. `change` may alter each body by its name."""

    def body(name: str, **more: Any) -> Any:
        return change(name, {**EXAMPLES[name], **more})

    opened = api.record("/v1/episodes", body("EpisodeOpenedCommand"))
    assert opened.status_code == 201, opened.text
    path = f"/v1/episodes/{opened.json()['episode']['id']}"
    events = {"episodes": opened.json()["events"][0]["id"]}

    def step(resource: str, name: str, named: str = "", **more: Any) -> None:
        events[named or resource] = record(api, f"{path}/{resource}", body(name, **more))

    step("treatment-consents", "TreatmentConsentedCommand")
    step("assessments", "AssessedCommand")
    step("plans", "PlanSetCommand")
    step("session-checks", "SessionCheckedCommand")
    step("sessions", "SessionDeliveredCommand", check_id=events["session-checks"])
    step("missed-sessions", "SessionNotDeliveredCommand")
    step("responses", "ResponseNotedCommand", session=events["sessions"])
    step("plan-refinements", "PlanRefinedCommand")
    step("red-flags", "RedFlagRaisedCommand")
    _tell_the_rest(step, events)
    return Told(path, events)


def _tell_the_rest(step: Callable[..., None], events: Mapping[str, str]) -> None:
    """Record what needs no consent to share: a clearance, a hold, a transfer, a report, and amendments."""
    step("clearances", "ClearanceRecordedCommand")
    step(f"red-flags/{events['red-flags']}/clearance", "RedFlagClearedCommand", named="flag clearance")
    step("hold", "EpisodeHeldCommand")
    step("resumption", "EpisodeResumedCommand")
    step("transfers", "ResponsibilityTransferredCommand")
    step("partner-reports", "PartnerReportedCommand")
    step("red-flags", "RedFlagRaisedCommand", named="mistake")
    session, response, mistake = (events[name] for name in ("sessions", "responses", "mistake"))
    step(f"events/{session}/addition", "EntryAddedToCommand", named="addition")
    corrected = {**EXAMPLES["EntryCorrectedCommand"]["replacement"], "session": session}
    step(f"events/{response}/correction", "EntryCorrectedCommand", named="correction", replacement=corrected)
    step(f"events/{mistake}/retraction", "EntryRetractedCommand", named="retraction")
    step("attestations", "EntryAttestedCommand", events=[session])
    step(f"events/{session}/amendment-refusal", "AmendmentRefusedCommand", named="refusal")
    consent = events["treatment-consents"]
    step(f"treatment-consents/{consent}/withdrawal", "TreatmentConsentWithdrawnCommand", named="withdrawal")


def consent(api: Api, told: Told, *kinds: str, partner: str = PARTNER, **more: object) -> str:
    """Record a consent to share those kinds with the partner. Returns its id."""
    body = {"partner": partner, "kinds": kinds, "given": {"by": "client"}, **more}
    return record(api, f"{told.path}/sharing-consents", body)


def withdraw(api: Api, told: Told, consent_id: str) -> None:
    record(api, f"{told.path}/sharing-consents/{consent_id}/withdrawal", {"by": "client"})


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def partner_token(service: Service, partner: str = PARTNER) -> dict[str, str]:
    return bearer(service.token("partner", partner, organisation=UUID(partner)))


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem document of a refusal of that kind, checked as a whole."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"/problems/{kind}"
    assert kind in KINDS
    assert document["status"] == status
    assert document["correlation_id"] == answer.headers["x-correlation-id"]
    assert CANARY not in answer.text
    return document


def pointers(document: Mapping[str, Any]) -> list[str]:
    """The pointers in a problem document, each with the rule that is broken there."""
    assert all(fault["rule"] for fault in document["errors"])
    return [fault["pointer"] for fault in document["errors"]]
