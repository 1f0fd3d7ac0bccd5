"""The API with two partners and an unknown one: what each may read, and what may be sent to it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx

from episodes.http.examples import EXAMPLES, PARTNER
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer
from tests.support.episodes.http_episode import Story
from tests.support.servers.postgres import PostgresServer

ANOTHER, UNINVOLVED = str(UUID(int=601)), str(UUID(int=602))
EVERY_KIND = (
    *("opening", "screening", "assessments", "plans", "sessions"),
    *("responses", "flags", "referrals", "closure"),
)


class Served(NamedTuple):
    service: Service
    api: Api

    def story(self) -> Story:
        return Story.begun(self.api)

    def of(self, partner: str) -> dict[str, str]:
        """A token of a partner, which its organisation identifies."""
        return bearer(self.service.token("partner", organisation=UUID(partner)))

    def sees(self, path: str, partner: str = PARTNER) -> httpx.Response:
        return self.api.http.get(path, headers=self.of(partner))

    def does(self, path: str, body: Any, partner: str = PARTNER, key: UUID | None = None) -> httpx.Response:
        return self.api.record(path, body, key, self.of(partner))

    def shown(self, story: Story, events: Mapping[str, str], partner: str = PARTNER) -> set[str]:
        """The steps whose events the partner may read. Checks that the same may be sent to it."""
        read = {
            step
            for step, event in events.items()
            if self.sees(f"{story.path}/events/{event}", partner).status_code == 200
        }
        assert self.sent(events, partner) == read
        return read

    def sent(self, events: Mapping[str, str], partner: str = PARTNER) -> set[str]:
        decided = zip(events, self.decided(*events.values(), partner=partner), strict=True)
        return {step for step, one in decided if one["allowed"]}

    def decided(self, *events: str, partner: str = PARTNER) -> list[dict[str, Any]]:
        asked = [{"event_id": one, "partner": partner, "subscription_id": str(uuid4())} for one in events]
        answer = self.api.http.post("/v1/disclosure-decisions", json=asked)
        assert answer.status_code == 200, answer.text
        decisions: list[dict[str, Any]] = answer.json()
        return decisions


@contextmanager
def partnering(postgres: PostgresServer, directory: Path) -> Iterator[Served]:
    with serving(postgres, directory) as (service, api):
        for partner in (ANOTHER, UNINVOLVED):
            api.http.put(f"/v1/partners/{partner}", json=EXAMPLES["Partner"])
        yield Served(service, api)


def consented(story: Story, *kinds: str, partner: str = PARTNER, **more: object) -> str:
    """Record a consent to share those kinds. Returns its id."""
    said = {f"/{name}": value for name, value in more.items()}
    answer = story.tell("sharing-consents", {"/partner": partner, "/kinds": list(kinds), **said})
    assert answer.status_code == 201, answer.text
    consent: str = answer.json()["events"][0]["id"]
    return consent


def withdrawn(story: Story, consent: str) -> None:
    path = f"{story.path}/sharing-consents/{consent}/withdrawal"
    assert story.api.record(path, {}).status_code == 201
