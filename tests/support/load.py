"""Well-behaved callers: each command is repeated with its key until it has a final answer."""

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
from tests.support.waiting import PATIENCE

DIRECTORY = (
    (f"clinics/{CLINIC}", "Clinic"),
    (f"staff/{THERAPIST}", "Staff"),
    (f"partners/{PARTNER}", "Partner"),
    (f"clients/{CLIENT}", "ClientIdentity"),
)
SHARED = {**EXAMPLES["SharingConsentedCommand"], "kinds": ["sessions"]}
ANSWERED_WITHIN = 90.0
"""After how many seconds without an answer a caller fails the test."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command and the answer to its caller."""

    path: str
    body: object
    answer: bytes


@dataclass
class Load:
    """Threads that record sessions in random episodes. `http` returns the API to use now, with a token.

    `told` has every acknowledged command by its key, `statuses` the other answers on the way, `refused_for`
    the most seconds from the first refusal of a command to its acknowledgement.
    """

    http: Callable[[], httpx.Client]
    callers: int = 4
    pause: float = 0.0
    """How many seconds one caller waits between two commands."""
    told: dict[UUID, Told] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)
    refused_for: float = 0.0
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
            thread.join(ANSWERED_WITHIN)
            assert not thread.is_alive(), "a caller is never answered"

    def prepare(self, episodes: int, partners: Sequence[str] = (PARTNER,)) -> None:
        """Fill the directory, and open episodes that share their sessions with one partner each, in turn."""
        others = ((f"partners/{partner}", "Partner") for partner in partners)
        for path, entry in (*DIRECTORY, *others):
            assert self.http().put(f"/v1/{path}", json=EXAMPLES[entry]).status_code == 204
        for number in range(episodes):
            opened = self.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"])
            self.episodes.append(f"/v1/episodes/{opened.json()['episode']['id']}")
            shared = {**SHARED, "partner": partners[number % len(partners)]}
            self.record(f"{self.episodes[-1]}/sharing-consents", shared)

    def deliver_session(self) -> None:
        """Record a session in a random episode."""
        self.record(f"{random.choice(self.episodes)}/sessions", session_body())

    def record(self, path: str, body: object) -> httpx.Response:
        """Send a command until it is acknowledged."""
        key, deadline, refused = uuid4(), time.monotonic() + ANSWERED_WITHIN, None
        while time.monotonic() < deadline:
            answer = self.send(path, body, key)
            if answer is not None:
                self.statuses.add(answer.status_code)
                if answer.status_code == 201:
                    self.told[key] = Told(path, body, answer.content)
                    if refused is not None:
                        self.refused_for = max(self.refused_for, time.monotonic() - refused)
                    return answer
            refused = refused or time.monotonic()
            time.sleep(0.05)
        raise AssertionError(f"not acknowledged in {ANSWERED_WITHIN} s")

    def send(self, path: str, body: object, key: UUID) -> httpx.Response | None:
        """Send it once. None if there is no answer."""
        try:
            return self.http().post(path, json=body, headers={"idempotency-key": str(key)})
        except (httpx.TransportError, RuntimeError):  # process gone, or client closed
            return None

    def goes_on_for(self, commands: int, within: float = 60.0) -> None:
        """Wait until so many more are acknowledged."""
        enough, deadline = len(self.told) + commands, time.monotonic() + within * PATIENCE
        while len(self.told) < enough:
            assert time.monotonic() < deadline, "commands are not acknowledged any more"
            time.sleep(0.02)

    def _call(self) -> None:
        while not self._ending.wait(self.pause):
            self.deliver_session()


def client_of(stack: Stack) -> httpx.Client:
    """A client of the running API, with the role `service`."""
    return httpx.Client(base_url=stack.url("api"), headers=bearer(stack.token("service")), timeout=30)


def session_body() -> dict[str, Any]:
    """A session at this moment, with a new visit."""
    now = datetime.now(UTC).replace(microsecond=0)
    day = now.astimezone(ZoneInfo(EXAMPLES["Clinic"]["zone"])).date()
    return {
        **EXAMPLES["SessionDeliveredCommand"],
        "visit": str(uuid4()),
        "start": now.isoformat(),
        "date_of_service": day.isoformat(),
    }
