"""Commands that keep coming: each is sent, under one key, until it is acknowledged."""

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from episodes.adapters.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.system.stack import Stack, bearer

DIRECTORY = (
    (f"clinics/{CLINIC}", "Clinic"),
    (f"staff/{THERAPIST}", "Staff"),
    (f"partners/{PARTNER}", "Partner"),
    (f"clients/{CLIENT}", "Client"),
)
SHARED = {**EXAMPLES["SharingConsentedCommand"], "kinds": ["sessions"]}


@dataclass
class Load:
    """A thread that delivers sessions in a few episodes. `acknowledged` are the keys answered 201."""

    stack: Stack
    acknowledged: list[UUID] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    episodes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._token = self.stack.token("service")
        self._random = random.Random(7)

    def prepare(self, episodes: int) -> None:
        """A directory and episodes whose sessions the partner may be told."""
        for path, entry in DIRECTORY:
            assert self._send("PUT", f"/v1/{path}", EXAMPLES[entry], None).status_code == 204
        for _ in range(episodes):
            opened = self._until_acknowledged("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"])
            self.episodes.append(opened["episode"]["id"])
            self._until_acknowledged(f"/v1/episodes/{self.episodes[-1]}/sharing-consents", SHARED)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "a command was never acknowledged"

    def more(self, count: int, within: float = 60) -> None:
        """Return when so many more are acknowledged."""
        enough, deadline = len(self.acknowledged) + count, time.monotonic() + within
        while len(self.acknowledged) < enough:
            assert time.monotonic() < deadline, "commands are not acknowledged any more"
            time.sleep(0.02)

    def _run(self) -> None:
        while not self._stop.is_set():
            episode = self._random.choice(self.episodes)
            self._until_acknowledged(f"/v1/episodes/{episode}/sessions", _session())

    def _until_acknowledged(self, path: str, body: Any) -> dict[str, Any]:
        key = uuid4()
        while True:
            try:
                answer = self._send("POST", path, body, key)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                self.acknowledged.append(key)
                document: dict[str, Any] = answer.json()
                return document
            if answer.status_code not in (409, 503):
                self.refused.append(answer.text)
                raise AssertionError(answer.text)
            time.sleep(0.05)

    def _send(self, method: str, path: str, body: Any, key: UUID | None) -> httpx.Response:
        url = self.stack.url("api") + path
        return httpx.request(method, url, json=body, headers=bearer(self._token, key), timeout=10)


def _session() -> dict[str, Any]:
    today = datetime.now(UTC)
    session = {**EXAMPLES["SessionDeliveredCommand"], "visit": str(uuid4())}
    start = today.astimezone().replace(microsecond=0)
    return {**session, "start": start.isoformat(), "date_of_service": _clinic_day(today)}


def _clinic_day(moment: datetime) -> str:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(EXAMPLES["Clinic"]["zone"])).date().isoformat()
