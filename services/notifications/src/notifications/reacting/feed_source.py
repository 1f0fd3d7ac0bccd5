"""The published events of one network, read from the feed of the episodes service by long polling."""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog

from notifications.answers import AnotherLog
from notifications.reacting.messages import FeedMessage
from notifications.reacting.sources import Batch, SourceUnavailable
from notifications.service_tokens import NoToken

WAIT_SECONDS = 5
PAGE = 200
_MAX_PAGE = 32 * 1024 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=WAIT_SECONDS + 10, sock_connect=2)
_IDLE_SECONDS = 0.2  # in case the service answers without waiting


class FeedSource:
    """A source with one lane, whose position is the feed's and opaque to us."""

    def __init__(
        self, url: str, network: str, token: Callable[[str], str], trust: ssl.SSLContext | None = None
    ) -> None:
        """`trust` checks the certificate of the episodes service: without it, as this machine does."""
        self._url = f"{url}/v1/feed"
        self._network = network
        self._token = token
        self._lane = f"feed/{network}"
        self._trust = trust if trust is not None else True
        self._after: str | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self, positions: Mapping[str, str], topics: Mapping[str, str]) -> None:
        await self.close()
        self._after = positions.get(self._lane)
        connector = aiohttp.TCPConnector(ssl=self._trust)
        self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, trust_env=False)

    async def read(self) -> Sequence[Batch]:
        events, position, at_end = _page(await self._get_from_here_or_anew())
        nothing_new = not events and position == self._after
        if nothing_new:
            await asyncio.sleep(_IDLE_SECONDS)
        caught_up = nothing_new if at_end is None else at_end
        self._after = position
        messages = [
            FeedMessage(self._network, f"{self._lane} before {position} #{index}", event)
            for index, event in enumerate(events, start=1)
        ]
        return [Batch(self._lane, self._network, position, messages, caught_up=caught_up)]

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _get_from_here_or_anew(self) -> bytes:
        """The next page. If our position is of another log, the first one of this: what was seen is dropped
        by its id, and what was recorded since the restore takes effect."""
        try:
            return await self._get()
        except AnotherLog:
            log = structlog.get_logger()
            log.error("the feed is that of a restored log: it is read anew", network=self._network)
            self._after = None
            return await self._get()

    async def _get(self) -> bytes:
        if self._session is None:
            raise SourceUnavailable("not started")
        query = {"wait": str(WAIT_SECONDS), "limit": str(PAGE)}
        if self._after is not None:
            query["after"] = self._after
        try:
            headers = {"Authorization": f"Bearer {self._token(self._network)}"}
            request = self._session.get(self._url, params=query, headers=headers, allow_redirects=False)
            async with request as answer:
                if answer.status == HTTPStatus.GONE and self._after is not None:
                    raise AnotherLog
                if answer.status != HTTPStatus.OK:
                    raise SourceUnavailable(f"the feed answers {answer.status}")
                return await _read_at_most(answer, _MAX_PAGE)
        except (aiohttp.ClientError, TimeoutError, NoToken) as fault:
            raise SourceUnavailable(type(fault).__name__) from None


async def _read_at_most(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise SourceUnavailable("the page is too long")
    return bytes(body)


def _page(body: bytes) -> tuple[list[Any], str, bool | None]:
    """The events, the position after them, and whether they are the last; None if the service does not say,
    as of the release before."""
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        raise SourceUnavailable("the page is not JSON") from None
    match page:
        case {"events": list() as events, "next": str() as position, "at_end": bool() as at_end}:
            return events, position, at_end
        case {"events": list() as events, "next": str() as position}:
            return events, position, None
        case _:
            raise SourceUnavailable("the page lacks events or next")
