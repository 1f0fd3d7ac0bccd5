"""One episode of a new client, recorded over HTTP as far as a test needs it."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx

from episodes.http.examples import CLINIC
from tests.support.episodes.api_process import Api
from tests.support.episodes.drafts import BODIES
from tests.support.episodes.refusal_table import DROP
from tests.support.episodes.refusal_table_rest import ROWS
from tests.support.vocabulary_page import COMMANDS, OF_ITS_ENTRY, Line

Spoken = Callable[[str, Any], Any]
ABOUT: Mapping[str, str] = {
    **{resource: line.about for resource, line in COMMANDS.items() if line.about is not None},
    "events/{about}/addition": "sessions",
    "events/{about}/correction": "responses",
    "events/{about}/retraction": "mistake",
    "events/{about}/amendment-refusal": "sessions",
}
"""The step whose event a command is about, if its path names one."""

VARIANTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "mistake": ("red-flags", {}),
    "early closure": ("closure", {"/occurred_at": "2026-09-02T09:00:00-07:00"}),
    "evening closure": ("closure", {"/occurred_at": "2026-09-03T18:00:00-07:00"}),
    "old closure": ("closure", {"/occurred_at": "2026-02-01T09:00:00-08:00"}),
    "early withdrawal": (
        "treatment-consents/{about}/withdrawal",
        {"/effective_from": "2026-09-02T09:00:00-07:00"},
    ),
    "refusal of the referral": ("referrals/{about}/answer", {"/accepted": False}),
    "refinement by the session": ("plan-refinements", {"/reason": "clinical", "/evidence": ["@sessions"]}),
}
"""Variants of a step, under names of their own."""


def line_of(step: str) -> Line:
    """What the vocabulary's page says of the command that tells a step."""
    return COMMANDS[VARIANTS[step][0] if step in VARIANTS else step]


def kind_of(step: str) -> str | None:
    """What a client must share for a partner to see a step's event; an amendment is of its entry's kind."""
    kind = line_of(step).kind
    return kind_of(ABOUT[step]) if kind == OF_ITS_ENTRY else kind


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


def as_it_stands(resource: str, body: Any) -> Any:
    return body


@dataclass
class Story:
    """What was told so far: the id of the first event of each step, recorded when it is asked for.

    `spoken` may alter the example of each body, by its resource.
    """

    api: Api
    client: str = field(default_factory=lambda: str(uuid4()))
    clinic: str = CLINIC
    path: str = ""
    events: dict[str, str] = field(default_factory=dict)
    other: "Story | None" = None
    nobody: str = field(default_factory=lambda: str(uuid4()))
    spoken: Spoken = as_it_stands

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
            for step in ROWS[resource].needs:
                self.did(step)
        body = changed(self.spoken(resource, BODIES[resource]), {**ROWS[resource].body, **changes})
        names = about or ABOUT.get(resource, "")
        said = self._said(f"@{names}") if names else ""
        head = "/v1" if COMMANDS[resource].path.startswith("/") else self.path
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
            case "episode":
                return self.id
            case "episode of another client":
                assert self.other is not None
                return self.other.id
            case _:
                return self.did(name)


@dataclass(frozen=True)
class Request:
    path: str
    body: Any

    def changed(self, changes: Mapping[str, Any]) -> "Request":
        return replace(self, body=changed(self.body, changes))
