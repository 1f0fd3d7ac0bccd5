"""A process with partners that answer at once or never, and an episodes service that allows everything.

It prints its port. `/hook/<n>` answers 204, `/hang/<n>` never answers, and every decision is allowed.
"""

import asyncio
import json
from uuid import uuid4

from aiohttp import web

SUBJECT = str(uuid4())


async def answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=204)


async def hang(request: web.Request) -> web.Response:
    await request.read()
    await asyncio.sleep(3600)
    return web.Response(status=204)


async def allow(request: web.Request) -> web.Response:
    asked = json.loads(await request.read())
    said = {"allowed": True, "reason": "consented", "subject": SUBJECT, "your_client_ref": None}
    return web.json_response([{"decision_id": str(uuid4()), **said} for _ in asked])


async def serve() -> None:
    app = web.Application()
    app.router.add_post("/hook/{number}", answer)
    app.router.add_post("/hang/{number}", hang)
    app.router.add_post("/v1/disclosure-decisions", allow)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
