"""The webhooks that the partner has verified, each once, kept across restarts."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from demo.private_files import for_its_owner_alone

Received = dict[str, Any]


class NotAWebhook(Exception):
    """The body is signed, but is not a webhook that we know."""


class Ledger:
    """A file with a line for each webhook."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._arrival = asyncio.Condition()
        lines = file.read_text().splitlines() if file.exists() else []
        self._received: dict[str, Received] = {one["webhook_id"]: one for one in map(json.loads, lines)}

    @property
    def received(self) -> list[Received]:
        return list(self._received.values())

    async def keep(self, one: Received) -> bool:
        """Keep a webhook; return False for one that came before."""
        if one["webhook_id"] in self._received:
            return False
        self._append(one)
        async with self._arrival:
            self._received[one["webhook_id"]] = one
            self._arrival.notify_all()
        return True

    def _append(self, one: Received) -> None:
        with open(self._file, "a", opener=for_its_owner_alone) as file:
            file.write(json.dumps(one) + "\n")

    async def of_event(self, event_id: str, seconds: float) -> Received | None:
        """Return the webhook about an event, waiting up to so many seconds for it."""

        def found() -> Received | None:
            return next((one for one in self._received.values() if one["event_id"] == event_id), None)

        try:
            async with asyncio.timeout(seconds), self._arrival:
                return await self._arrival.wait_for(found)
        except TimeoutError:
            return None


def challenge_in(body: bytes) -> str | None:
    """Return the value that a challenge asks for; None for any other body."""
    try:
        document = json.loads(body)
        value = document["data"]["challenge"] if document["type"] == "care.challenge.v1" else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def read_webhook(webhook_id: str, body: bytes, now: float) -> Received:
    """What is kept of a webhook, with the milliseconds it took to arrive.

    Raises `NotAWebhook` for a body of another form.
    """
    try:
        return _kept(webhook_id, json.loads(body), now)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as problem:
        raise NotAWebhook(f"the body has another form ({type(problem).__name__})") from None


def _kept(webhook_id: str, document: Any, now: float) -> Received:
    json.dumps(document, ensure_ascii=False).encode()  # fails for half a surrogate pair: not printable
    data = document["data"]
    recorded = datetime.fromisoformat(data["recorded_at"]).timestamp()
    return {
        "number": data["number"],
        "type": document["type"],
        "event_id": data["event_id"],
        "episode": data["episode"],
        "client_ref": data["client_ref"],
        "your_client_ref": data.get("your_client_ref"),
        "webhook_id": webhook_id,
        "milliseconds": round((now - recorded) * 1000),
    }
