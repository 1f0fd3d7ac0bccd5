"""The API as its callers use it: the same course of care each time, and the form of a refusal."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from episodes.http.examples import CLIENT, PARTNER
from episodes.http.problems import KINDS
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_episode import Spoken, Story, as_it_stands
from tests.support.vocabulary_page import COMMANDS

CANARY = "zzqq-canary"
"""A text that must appear nowhere but in the record."""


NOT_TOLD = {
    *("sharing-consents", "sharing-consents/{about}/withdrawal", "clients/{client}/sharing-withdrawals"),
    *("referrals", "referrals/{about}/withdrawal", "referrals/{about}/answer", "closure", "reopening"),
}
"""Sharing, referring and closing: what the story of care does not come to."""
_LAST = "treatment-consents/{about}/withdrawal"
TOLD = (*(resource for resource in COMMANDS if resource not in {_LAST, *NOT_TOLD}), _LAST)


def record(api: Api, path: str, body: object, **headers: str) -> str:
    """Record one command. Returns the id of its first event."""
    answer = api.record(path, body, headers=headers)
    assert answer.status_code == 201, (path, answer.text)
    first: str = answer.json()["events"][0]["id"]
    return first


def tell(api: Api, spoken: Spoken = as_it_stands, client: str = CLIENT) -> Story:
    """Every example as a command, in the order of care. `spoken` may alter each body by its resource."""
    story = Story(api, client=client, spoken=spoken)
    for step in TOLD:
        story.did(step)
    return story


def consent(api: Api, told: Story, *kinds: str, partner: str = PARTNER, **more: object) -> str:
    """A consent to share those kinds with the partner; its id."""
    body = {"partner": partner, "kinds": kinds, "given": {"by": "client"}, **more}
    return record(api, f"{told.path}/sharing-consents", body)


def withdraw(api: Api, told: Story, consent_id: str) -> None:
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
