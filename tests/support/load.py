"""Callers as they should be: each command is sent again under its key until it is answered for good."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx

from episodes.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.stack import Stack, bearer

DIRECTORY = (
    (f"clinics/{CLINIC}", "Clinic"),
    (f"staff/{THERAPIST}", "Staff"),
    (f"partners/{PARTNER}", "Partner"),
    (f"clients/{CLIENT}", "ClientIdentity"),
)
SHARED = {**EXAMPLES["SharingConsentedCommand"], "kinds": ["sessions"]}
PATIENCE = 90.0
"""Seconds after which a caller complains."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command and what its caller was answered."""

    path: str
    body: object
    answer: bytes


@dataclass
class Load:
    """Threads that deliver sessions in random episodes. `http` gives the API to ask now, with a token.

    `told` holds every acknowledged command by its key; `statuses` what else was answered on the way.
    """

    http: Callable[[], httpx.Client]
    callers: int = 4
    pause: float = 0.0
    """Seconds between two commands of one caller."""
    told: dict[UUID, Told] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)
    episodes: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        """They begin; after the end of this block they may begin once more."""
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(self.callers)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a caller is never answered"

    def prepare(self, episodes: int, partners: Sequence[str] = (PARTNER,)) -> None:
        """A directory, and episodes whose sessions a partner may be told, the partners in turn."""
        others = ((f"partners/{partner}", "Partner") for partner in partners)
        for path, entry in (*DIRECTORY, *others):
            assert self.http().put(f"/v1/{path}", json=EXAMPLES[entry]).status_code == 204
        for number in range(episodes):
            opened = self.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"])
            self.episodes.append(f"/v1/episodes/{opened.json()['episode']['id']}")
            shared = {**SHARED, "partner": partners[number % len(partners)]}
            self.record(f"{self.episodes[-1]}/sharing-consents", shared)

    def deliver_session(self) -> None:
        """One more, in a random episode."""
        self.record(f"{random.choice(self.episodes)}/sessions", session_body())

    def record(self, path: str, body: object) -> httpx.Response:
        """Return when it is acknowledged."""
        key, deadline = uuid4(), time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.send(path, body, key)
            if answer is not None:
                self.statuses.add(answer.status_code)
                if answer.status_code == 201:
                    self.told[key] = Told(path, body, answer.content)
                    return answer
            time.sleep(0.05)
        raise AssertionError(f"not acknowledged in {PATIENCE} s")

    def send(self, path: str, body: object, key: UUID) -> httpx.Response | None:
        """Once; None if nobody answers."""
        try:
            return self.http().post(path, json=body, headers={"idempotency-key": str(key)})
        except (httpx.TransportError, RuntimeError):  # gone, or closed under our hands
            return None

    def goes_on_for(self, commands: int, within: float = 60.0) -> None:
        """Return when so many more are acknowledged."""
        enough, deadline = len(self.told) + commands, time.monotonic() + within
        while len(self.told) < enough:
            assert time.monotonic() < deadline, "commands are not acknowledged any more"
            time.sleep(0.02)

    def _call(self) -> None:
        while not self._ending.wait(self.pause):
            self.deliver_session()


def client_of(stack: Stack) -> httpx.Client:
    """Of the API of a running whole, as a service."""
    return httpx.Client(base_url=stack.url("api"), headers=bearer(stack.token("service")), timeout=10)


def session_body() -> dict[str, Any]:
    """A session of this moment, of a visit of its own."""
    now = datetime.now(UTC).replace(microsecond=0)
    day = now.astimezone(ZoneInfo(EXAMPLES["Clinic"]["zone"])).date()
    return {
        **EXAMPLES["SessionDeliveredCommand"],
        "visit": str(uuid4()),
        "start": now.isoformat(),
        "date_of_service": day.isoformat(),
    }
