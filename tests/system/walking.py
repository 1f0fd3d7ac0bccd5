"""A published case, walked through the public interface by those whose work it is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from demo.checking import read_script
from demo.commands import commands_of
from demo.setting import Setting, read_setting
from tests.support.stack import Stack, bearer


@dataclass
class Walk:
    """One client's course of care; `made` are the event ids by step."""

    stack: Stack
    case: str
    client: UUID = field(default_factory=uuid4)
    setting: Setting = field(default_factory=read_setting)
    made: dict[str, str] = field(default_factory=dict)
    episode: str = ""

    def __post_init__(self) -> None:
        self._token = self.stack.token("service")
        self._http = httpx.Client(base_url=self.stack.url("api"), timeout=30)

    @property
    def partner(self) -> UUID:
        return UUID(self.setting.partner.id)

    @property
    def their_number(self) -> str:
        return self.setting.partner.number_of(self.client)

    def introduce(self) -> None:
        """The directory: the clinic, who works there, the partner, the client."""
        setting = self.setting
        self._put(
            f"clinics/{setting.clinic.id}",
            {"zone": setting.clinic.zone, "jurisdiction": setting.clinic.jurisdiction},
        )
        self._put(f"staff/{setting.therapist.id}", {"role": "therapist"})
        partner = {"kind": setting.partner.kind, "organisation": setting.partner.organisation}
        self._put(f"partners/{setting.partner.id}", partner)
        number = {"system": setting.partner.id, "value": self.their_number}
        self._put(f"clients/{self.client}", {"identifiers": [number]})

    def subscribe(self, address: str) -> dict[str, Any]:
        """The partner's own subscription, with its secret."""
        token = self.stack.token("partner", subject=self.partner, organisation=self.partner)
        answer = httpx.post(
            f"{self.stack.url('notifications')}/v1/subscriptions",
            json={"url": address},
            headers=bearer(token),
        )
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def go(self) -> None:
        """Every step of the case, in order."""
        today = datetime.now(UTC).date()
        script = read_script(self.case, self.setting)
        for command in commands_of(script, self.setting, self.client, today):
            answer = self._http.post(
                command.path(self.episode, self.made),
                json=command.body_with(self.made),
                headers=bearer(self._token, command.key),
            )
            assert answer.status_code == 201, (command.step, answer.text)
            document = answer.json()
            self.episode = document["episode"]["id"]
            self.made[command.step] = document["events"][0]["id"]

    def state(self) -> dict[str, Any]:
        return self._get(f"/v1/episodes/{self.episode}")

    def history(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self._get(f"/v1/episodes/{self.episode}/history")["events"]
        return events

    def inbox(self) -> list[dict[str, Any]]:
        """What the clinic is shown of this episode."""
        clinic, therapist = UUID(self.setting.clinic.id), UUID(self.setting.therapist.id)
        token = self.stack.token("therapist", subject=therapist, clinics=(clinic,))
        answer = httpx.get(f"{self.stack.url('notifications')}/v1/inbox", headers=bearer(token))
        assert answer.status_code == 200, answer.text
        return [item for item in answer.json()["items"] if item["episode"] == self.episode]

    def close(self) -> None:
        self._http.close()

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._http.get(path, headers=bearer(self._token))
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def _put(self, path: str, entry: dict[str, Any]) -> None:
        answer = self._http.put(f"/v1/{path}", json=entry, headers=bearer(self._token))
        assert answer.status_code == 204, answer.text
