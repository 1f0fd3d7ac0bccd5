"""A partner as a stranger would write one: subscribes, verifies each webhook itself, and shows what it got.

It uses nothing of ours: the signature is checked by the Standard Webhooks text, in a dozen lines.
"""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from demo.partner.subscribing import Subscribing

TOLERANCE = 300
"""Seconds between the sender's clock and ours, as Standard Webhooks advises."""

LONGEST_WAIT = 30.0

Received = dict[str, Any]


class Rejected(Exception):
    """Not from the service we subscribed with, or too old."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Standard Webhooks, version 1. Raises `Rejected`."""
    try:
        message, moment = headers["webhook-id"], int(headers["webhook-timestamp"])
        signatures = headers["webhook-signature"].split()
    except (KeyError, ValueError):
        raise Rejected("a header is missing or malformed") from None
    if abs(now - moment) > TOLERANCE:
        raise Rejected("the timestamp is too far from now")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message}.{moment}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    if not any(hmac.compare_digest(expected, one.encode()) for one in signatures):
        raise Rejected("no signature of ours")


class Ledger:
    """What was received and verified, once each, kept over restarts."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._arrival = asyncio.Condition()
        lines = file.read_text().splitlines() if file.exists() else []
        self._received: dict[str, Received] = {one["webhook_id"]: one for one in map(json.loads, lines)}

    @property
    def received(self) -> list[Received]:
        return list(self._received.values())

    async def keep(self, one: Received) -> bool:
        """False for one that came before."""
        if one["webhook_id"] in self._received:
            return False
        with self._file.open("a") as file:
            file.write(json.dumps(one) + "\n")
        async with self._arrival:
            self._received[one["webhook_id"]] = one
            self._arrival.notify_all()
        return True

    async def of_event(self, event_id: str, seconds: float) -> Received | None:
        """The webhook of an event, waiting so long for it."""

        def found() -> Received | None:
            return next((one for one in self._received.values() if one["event_id"] == event_id), None)

        try:
            async with asyncio.timeout(seconds), self._arrival:
                return await self._arrival.wait_for(found)
        except TimeoutError:
            return None


class DemoPartner:
    """Its endpoints. Until it has subscribed it has no secret and takes nothing in."""

    def __init__(self, ledger: Ledger, subscribing: Subscribing) -> None:
        self._ledger = ledger
        self._subscribing = subscribing

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/webhooks", self.webhook),
                web.get("/", self.listing),
                web.get("/events/{id}", self.event),
                web.get("/health/ready", self.ready),
            ]
        )
        app.cleanup_ctx.append(self._subscribed)
        return app

    async def webhook(self, request: web.Request) -> web.Response:
        """Answers 2xx only to what is verified and kept."""
        if self._subscribing.secret is None:
            return web.Response(status=503)
        body, now = await request.read(), time.time()
        try:
            verify(self._subscribing.secret, request.headers, body, now)
        except Rejected as reason:
            print(f"rejected: {reason}", flush=True)
            return web.Response(status=401)
        one = _received(request.headers["webhook-id"], json.loads(body), now)
        new = await self._ledger.keep(one)
        what = f"webhook {one['number']}, {one['type']}"
        print(f"{what}: {'verified' if new else 'came again'} after {one['milliseconds']} ms", flush=True)
        return web.Response(status=204)

    async def listing(self, _: web.Request) -> web.Response:
        """Everything received, oldest first, a line each."""
        lines = ",\n  ".join(json.dumps(one) for one in self._ledger.received)
        return web.Response(text=f'{{"received": [\n  {lines}\n]}}\n', content_type="application/json")

    async def event(self, request: web.Request) -> web.Response:
        """The webhook of one event, `wait` seconds at most."""
        seconds = min(float(request.query.get("wait", 0)), LONGEST_WAIT)
        one = await self._ledger.of_event(request.match_info["id"], seconds)
        return web.json_response(one, status=404 if one is None else 200)

    async def ready(self, _: web.Request) -> web.Response:
        return web.Response(status=503 if self._subscribing.secret is None else 200)

    async def _subscribed(self, _: web.Application) -> AsyncIterator[None]:
        work = asyncio.create_task(self._subscribing.run())
        yield
        work.cancel()


def _received(webhook: str, body: dict[str, Any], now: float) -> Received:
    data = body["data"]
    recorded = datetime.fromisoformat(data["recorded_at"]).timestamp()
    return {
        "number": data["number"],
        "type": body["type"],
        "event_id": data["event_id"],
        "episode": data["episode"],
        "subject": data["subject"],
        "your_client_ref": data.get("your_client_ref"),
        "webhook_id": webhook,
        "milliseconds": round((now - recorded) * 1000),
    }
