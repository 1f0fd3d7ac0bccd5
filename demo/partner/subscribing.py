"""How the demo partner gets its key: it subscribes once and keeps the secret, which is shown only once."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import aiohttp

from demo.partner.signature import secret_key

AGAIN_AFTER = 1.0


class Subscribing:
    """A subscription for `url`, replaced if it no longer exists or its secret was lost."""

    def __init__(self, service: str, url: str, token: Callable[[], str], file: Path) -> None:
        self._service = service
        self._url = url
        self._token = token
        self._file = file
        self.key: bytes | None = None

    async def run(self) -> None:
        """Subscribe, waiting for the service as long as it takes."""
        bearer = await asyncio.to_thread(self._token)
        async with aiohttp.ClientSession(
            f"{self._service}/v1/", headers={"Authorization": f"Bearer {bearer}"}
        ) as session:
            while self.key is None:
                try:
                    secret = await self._kept(session) or await self._made(session)
                    self.key = secret_key(secret) if secret else None
                except (aiohttp.ClientError, OSError, ValueError) as fault:
                    print(f"not subscribed yet: {type(fault).__name__} {fault}", flush=True)
                    await asyncio.sleep(AGAIN_AFTER)
        print(f"subscribed: {self._url}", flush=True)

    async def _kept(self, session: aiohttp.ClientSession) -> str | None:
        """Return the secret kept before, if its subscription still exists and is for this address."""
        if not self._file.exists():
            return None
        kept = json.loads(self._file.read_text())
        async with session.get(f"subscriptions/{kept['id']}") as answer:
            if answer.status == 404:
                return None
            answer.raise_for_status()
            found = await answer.json()
        if found["url"] == self._url and found["state"] == "active":
            secret: str = kept["secret"]
            return secret
        await self._end(session, kept["id"])
        return None

    async def _made(self, session: aiohttp.ClientSession) -> str | None:
        async with session.post("subscriptions", json={"url": self._url}) as answer:
            document = await answer.json()
            if answer.status == 409:  # our own subscription, whose secret was lost
                await self._end(session, document["subscription_id"])
                return None
            answer.raise_for_status()
        self._keep(document)
        secret: str = document["secret"]
        return secret

    def _keep(self, document: dict[str, str]) -> None:
        staged = self._file.with_suffix(".new")
        staged.touch(mode=0o600)
        staged.write_text(json.dumps({"id": document["id"], "secret": document["secret"]}))
        staged.replace(self._file)

    async def _end(self, session: aiohttp.ClientSession, subscription: str) -> None:
        async with session.delete(f"subscriptions/{subscription}") as answer:
            answer.raise_for_status()
