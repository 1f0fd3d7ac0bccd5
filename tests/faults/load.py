"""Callers as they should be: each command is sent again under its key until it is answered for good."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID, uuid4

import httpx

from episodes.adapters.http.examples import EXAMPLES
from episodes.application.recording import header_of
from tests.episodes.serving import Api, Service, eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]


@dataclass
class Caller:
    """What one caller was told, by idempotency key: path and body of each 201."""

    told: dict[UUID, tuple[str, bytes]] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)


class Load:
    """Callers in threads, each on a random episode; `api` gives the process to ask now."""

    def __init__(self, api: Callable[[], Api], episodes: Sequence[str], callers: int = 8) -> None:
        self._api = api
        self._episodes = episodes
        self._ending = threading.Event()
        self._callers = [Caller() for _ in range(callers)]
        self._threads = [threading.Thread(target=self._call, args=(it,)) for it in self._callers]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a caller is never answered"

    @property
    def told(self) -> dict[UUID, tuple[str, bytes]]:
        return {key: answer for caller in self._callers for key, answer in list(caller.told.items())}

    @property
    def statuses(self) -> set[int]:
        return {status for caller in self._callers for status in caller.statuses}

    def goes_on_for(self, commands: int) -> None:
        """Return when so many more are acknowledged."""
        enough = len(self.told) + commands
        eventually(lambda: len(self.told) > enough, "commands flow")

    def _call(self, caller: Caller) -> None:
        while not self._ending.is_set():
            key, path = uuid4(), f"{random.choice(self._episodes)}/red-flags"
            caller.told[key] = path, self._answered(caller, path, key)

    def _answered(self, caller: Caller, path: str, key: UUID) -> bytes:
        deadline = time.monotonic() + 25
        while time.monotonic() < deadline:
            try:
                answer = self._api().record(path, FLAG, key)
            except (httpx.HTTPError, RuntimeError):  # gone, or closed under our hands: who is there now?
                time.sleep(0.02)
                continue
            caller.statuses.add(answer.status_code)
            if answer.status_code == 201:
                return answer.content
            time.sleep(0.05)
        raise AssertionError("not answered in 25 s")


def holds_each_once(service: Service, api: Api, load: Load, again: int = 40) -> None:
    """Each acknowledged command is in the store once, versions have no gap, a repeat is answered alike."""
    told = load.told
    stored = service.rows("SELECT command_id, response FROM command_receipts")
    receipts = {row["command_id"]: bytes(row["response"]) for row in stored}
    assert all(receipts[key] == body for key, (_, body) in told.items())
    flags = service.rows("SELECT state FROM stored_events WHERE topic = 'red-flag-raised.1'")
    events = [str(header_of(bytes(row["state"])).event_id) for row in flags]
    acknowledged = [_first(body) for _, body in told.values()]
    assert len(events) == len(set(events))
    assert set(acknowledged) == set(events), "each effect has its answer, and each answer its effect"
    gaps = """SELECT originator_id FROM stored_events GROUP BY originator_id
        HAVING count(*) <> max(originator_version) OR min(originator_version) <> 1"""
    assert service.rows(gaps) == []
    for key in random.sample(list(told), min(again, len(told))):
        path, body = told[key]
        repeat = api.record(path, FLAG, key)
        assert (repeat.status_code, repeat.content) == (201, body)
        assert repeat.headers["idempotency-replayed"] == "true"


def _first(body: bytes) -> str:
    event: str = httpx.Response(201, content=body).json()["events"][0]["id"]
    return event
