"""One episode of a new client, recorded over HTTP as far as a test needs it."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx

from episodes.domain.vocabulary import COMMANDS
from episodes.http.examples import CLINIC, EXAMPLES
from tests.support.episodes.api_process import Api

DROP = object()
"""In a change it means that the field is left out."""

ABOUT = {
    "treatment-consents/{about}/withdrawal": "treatment-consents",
    "red-flags/{about}/clearance": "red-flags",
    "sharing-consents/{about}/withdrawal": "sharing-consents",
    "referrals/{about}/withdrawal": "referrals",
    "referrals/{about}/answer": "referrals",
    "events/{about}/addition": "sessions",
    "events/{about}/correction": "responses",
    "events/{about}/retraction": "red-flags",
    "events/{about}/amendment-refusal": "sessions",
}
"""The step whose event a command is about, if its path names one."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "plans": ("assessments",),
    "plan-refinements": ("plans",),
    "session-checks": ("treatment-consents", "plans"),
    "sessions": ("session-checks",),
    "referrals": ("sharing-consents",),
    "resumption": ("hold",),
    "reopening": ("closure",),
    "clients/{client}/sharing-withdrawals": ("sharing-consents",),
}
"""What must be recorded before, in addition to what a body or a path names."""

BODIES: Mapping[str, Any] = {step.resource: EXAMPLES[f"{step.fact.__name__}Command"] for step in COMMANDS}
_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "episodes": {"/client": "@client", "/clinic": "@clinic", "/occurred_at": "2026-01-05T09:00:00-08:00"},
    "sessions": {"/check_id": "@session-checks"},
    "responses": {"/session": "@sessions"},
    "sharing-consents": {"/kinds": ["referrals", "assessments"]},
    "events/{about}/correction": {"/replacement/session": "@sessions"},
    "attestations": {"/events": ["@sessions"]},
}
VARIANTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "early closure": ("closure", {"/occurred_at": "2026-09-02T09:00:00-07:00"}),
    "old closure": ("closure", {"/occurred_at": "2026-02-01T09:00:00-08:00"}),
    "early withdrawal": (
        "treatment-consents/{about}/withdrawal",
        {"/effective_from": "2026-09-02T09:00:00-07:00"},
    ),
    "refusal of the referral": ("referrals/{about}/answer", {"/accepted": False}),
    "refinement by the session": ("plan-refinements", {"/reason": "clinical", "/evidence": ["@sessions"]}),
}
"""Variants of a step, under names of their own."""


def changed(body: Any, changes: Mapping[str, Any]) -> Any:
    """The body with a value set at each JSON pointer. Missing lists and objects are created."""
    body = deepcopy(body)
    for pointer, value in changes.items():
        parts = pointer.split("/")[1:]
        place = body
        for part, following in pairwise(parts):
            place = _within(place, part, [] if following.isdigit() else {})
        _set(place, parts[-1], value)
    return body


def _within(place: Any, part: str, inner: object) -> Any:
    if isinstance(place, dict):
        return place.setdefault(part, inner)
    return place[int(part)]


def _set(place: Any, last: str, value: Any) -> None:
    if isinstance(place, list):
        place[int(last) :] = [value]
    elif value is DROP:
        place.pop(last, None)
    else:
        place[last] = value


@dataclass
class Story:
    """The steps so far: the id of the first event of each, which is recorded on demand."""

    api: Api
    client: str = field(default_factory=lambda: str(uuid4()))
    clinic: str = CLINIC
    path: str = ""
    events: dict[str, str] = field(default_factory=dict)
    other: "Story | None" = None
    nobody: str = field(default_factory=lambda: str(uuid4()))

    @classmethod
    def begun(cls, api: Api, **more: Any) -> "Story":
        """Open the episode. `more` names its client and clinic."""
        story = cls(api, **more)
        assert api.http.put(f"/v1/clients/{story.client}", json={}).status_code == 204
        story.did("episodes")
        return story

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]

    def did(self, step: str) -> str:
        """The id of the first event of a step, which is recorded now if it was not before."""
        if step not in self.events:
            resource, changes = VARIANTS.get(step, (step, {}))
            answer = self.tell(resource, changes)
            assert answer.status_code == 201, (step, answer.text)
            self.events[step] = answer.json()["events"][0]["id"]
            if resource == "episodes":
                self.path = f"/v1/episodes/{answer.json()['episode']['id']}"
        return self.events[step]

    def tell(
        self, resource: str, changes: Mapping[str, Any] | None = None, about: str | None = None
    ) -> httpx.Response:
        """Record one command, after the steps that it needs."""
        request = self.asked(resource, changes or {}, about)
        return self.api.record(request.path, request.body)

    def asked(
        self, resource: str, changes: Mapping[str, Any], about: str | None = None, bare: bool = False
    ) -> "Request":
        """The request that would record it. The steps it needs are recorded, unless it is `bare`."""
        if not bare:
            for step in NEEDS.get(resource, ()):
                self.did(step)
        body = changed(BODIES[resource], {**_CHANGES.get(resource, {}), **changes})
        names = about or ABOUT.get(resource, "")
        said = self._said(f"@{names}") if names else ""
        head = "/v1" if resource in ("episodes", "clients/{client}/sharing-withdrawals") else self.path
        path = f"{head}/{resource}".replace("{about}", said).replace("{client}", self.client)
        return Request(path, self._said(body))

    def event(self, step: str) -> str:
        return f"{self.path}/events/{self.did(step)}"

    def _said(self, value: Any) -> Any:
        """The value with each `@` replaced by the id or time it stands for."""
        match value:
            case dict():
                return {name: self._said(part) for name, part in value.items()}
            case list():
                return [self._said(part) for part in value]
            case str() if value.startswith("@"):
                return self._named(value[1:])
            case _:
                return value

    def _named(self, name: str) -> str:
        now = datetime.now(UTC)
        match name:
            case "client" | "clinic" | "nobody":
                return str(getattr(self, name))
            case "tomorrow":
                return (now + timedelta(days=1)).isoformat()
            case "day after tomorrow":
                return (now + timedelta(days=2)).date().isoformat()
            case "other client":
                assert self.other is not None
                return self.other.client
            case _:
                return self.did(name)


@dataclass(frozen=True)
class Request:
    path: str
    body: Any

    def changed(self, changes: Mapping[str, Any]) -> "Request":
        return replace(self, body=changed(self.body, changes))
