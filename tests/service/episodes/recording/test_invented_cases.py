"""The invented cases over HTTP and PostgreSQL: each command comes to what was written down for it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from demo.commands import Command
from demo.setting import Setting, read_setting
from tests.cases.invented.orders import backwards
from tests.cases.invented.reading import Invented, names, read
from tests.cases.invented.telling import Document, Told
from tests.cases.invented.walking import Walk, judged_at_the_end
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import bearer
from tests.support.waiting import PATIENCE

SEVERAL = 200
"""More events than any case publishes."""


@dataclass
class ByHttp:
    """One episode of a new client of the case, with the directory as the case says."""

    case: Invented
    service: Service
    api: Api
    setting: Setting = field(default_factory=read_setting)
    client: UUID = field(default_factory=uuid4)
    episode: str = ""

    def __post_init__(self) -> None:
        self._reading = httpx.Client(base_url=self.api.url, timeout=15 * PATIENCE)
        clinic, therapist = self.setting.clinic, self.setting.therapist
        self._tokens = {
            "therapist": bearer(self.service.token("therapist", therapist.id, clinics=(UUID(clinic.id),))),
            "service": bearer(self.service.token("service", therapist.id)),
        }
        self._put(f"clinics/{clinic.id}", {"zone": clinic.zone, "jurisdiction": clinic.jurisdiction})
        for person, entry in {
            therapist.id: {"role": "therapist", "licensed": True},
            **self.case.staff,
        }.items():
            licence = {"jurisdiction": clinic.jurisdiction, "number": f"MA {person[:8]}"}
            self._put(
                f"staff/{person}", {"role": entry["role"], "licences": [licence] if entry["licensed"] else []}
            )
        born = {} if self.case.born is None else {"birth_date": self.case.born}
        self._put(f"clients/{self.client}", born, "therapist")

    def record(self, command: Command, role: str, made: dict[str, str]) -> Told:
        path = command.path(self.episode, made)
        answer = self.api.record(path, command.body_with(made), command.key, self._tokens[role])
        document = answer.json()
        if answer.status_code in (404, 422):
            return Told(refused=document["rule"])
        assert answer.status_code == 201, (command.step, answer.text)
        self.episode = document["episode"]["id"]
        return Told(document=document)

    def state(self) -> Document:
        return self._get(f"/v1/episodes/{self.episode}", "therapist")

    def published(self) -> Sequence[Document]:
        document = self._get(f"/v1/episodes/{self.episode}/published-events?limit={SEVERAL}", "service")
        events: list[Document] = document["events"]
        return events

    def close(self) -> None:
        self._reading.close()

    def _get(self, path: str, role: str) -> dict[str, Any]:
        """Not held to the OpenAPI document, which lacks words that these cases bring: `unknown` of a
        published precision, and of the rules of a breach those of the desk, which an import may break.
        """
        answer = self._reading.get(path, headers=self._tokens[role])
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def _put(self, path: str, entry: dict[str, Any], role: str = "service") -> None:
        answer = self.api.http.put(f"/v1/{path}", json=entry, headers=self._tokens[role])
        assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("name", names())
def test_each_command_comes_to_what_was_written_down(shared: tuple[Service, Api], name: str) -> None:
    case = read(name)
    with closing(ByHttp(case, *shared)) as desk:
        walk = Walk(case, desk).go()
        assert walk.unexpected() == []
        assert walk.end() == case.end


@pytest.mark.parametrize("name", names())
def test_what_arrives_backwards_is_judged_alike(shared: tuple[Service, Api], name: str) -> None:
    case = read(name)
    with closing(ByHttp(case, *shared)) as desk:
        walk = Walk(case, desk).go(backwards(case))
        assert judged_at_the_end(walk.end()) == judged_at_the_end(case.end)
        assert walk.inbox.sessions == walk.alarming
