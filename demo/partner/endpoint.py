"""The partner's endpoints: it verifies each webhook itself, and shows what it got.

aiohttp bounds the head of a request in bytes, not in time: what faces the internet needs a proxy that does.
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from demo.partner.ledger import Ledger, NotAWebhook, challenge_in, read_webhook
from demo.partner.signature import Rejected, verify
from demo.partner.subscribing import Subscribing

LONGEST_WAIT = 30.0
LONGEST_BODY = 64 * 1024
BODY_SECONDS = 10.0
_CONNECTIONS = {"auto_decompress": False, "lingering_time": 2.0}
"""A signature covers a body as it was sent, so nothing is unpacked. What is too long is read on briefly."""


@web.middleware
async def refuse_what_is_malformed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 415 to a body that is packed, 400 to one that is no chunks, 408 to one that does not come."""
    if "content-encoding" in request.headers:
        return web.Response(status=415)
    try:
        return await handler(request)
    except web.RequestPayloadError:
        return web.Response(status=400)
    except TimeoutError:
        return web.Response(status=408)


class DemoPartner:
    """Until it has subscribed it has no key and takes nothing in."""

    def __init__(self, ledger: Ledger, subscribing: Subscribing) -> None:
        self._ledger = ledger
        self._subscribing = subscribing

    def app(self) -> web.Application:
        app = web.Application(
            client_max_size=LONGEST_BODY,
            middlewares=[refuse_what_is_malformed],
            handler_args=_CONNECTIONS,
        )
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
        """Answer 204 only to what is verified and kept, 401 to what others signed, 400 to another form.

        A challenge is answered with its value, once its signature is verified, too.
        """
        if self._subscribing.key is None:
            return web.Response(status=503)
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
        now = time.time()
        try:
            verify(self._subscribing.key, request.headers, body, now)
            if (value := challenge_in(body)) is not None:
                print("challenged: our address is proved by the answer", flush=True)
                return web.json_response({"challenge": value})
            one = read_webhook(request.headers["webhook-id"], body, now)
        except Rejected as reason:
            print(f"rejected: {reason}", flush=True)
            return web.Response(status=401)
        except NotAWebhook as reason:
            print(f"signed, but not taken: {reason}", flush=True)
            return web.Response(status=400)
        new = await self._ledger.keep(one)
        what = f"webhook {one['number']}, {one['type']}"
        print(f"{what}: {'verified' if new else 'came again'} after {one['milliseconds']} ms", flush=True)
        return web.Response(status=204)

    async def listing(self, _: web.Request) -> web.Response:
        """Show everything received, oldest first, a line each."""
        lines = ",\n  ".join(json.dumps(one) for one in self._ledger.received)
        return web.Response(text=f'{{"received": [\n  {lines}\n]}}\n', content_type="application/json")

    async def event(self, request: web.Request) -> web.Response:
        """Show the webhook of one event, waiting `wait` seconds for it at most."""
        try:
            seconds = float(request.query.get("wait", 0))
        except ValueError:
            seconds = math.nan
        if not seconds >= 0:
            return web.Response(status=400, text="wait is a number of seconds\n")
        one = await self._ledger.of_event(request.match_info["id"], min(seconds, LONGEST_WAIT))
        return web.json_response(one, status=404 if one is None else 200)

    async def ready(self, _: web.Request) -> web.Response:
        return web.Response(status=503 if self._subscribing.key is None else 200)

    async def _subscribed(self, _: web.Application) -> AsyncIterator[None]:
        work = asyncio.create_task(self._subscribing.run())
        yield
        work.cancel()
