"""Requests to the episodes service, with this service's token. Any failure is `NoAnswer`."""

from collections.abc import Callable
from typing import NamedTuple

import aiohttp

from notifications.answers import NoAnswer
from notifications.service_tokens import NoToken

_MAX_ANSWER = 1024 * 1024


class Answered(NamedTuple):
    """What the episodes service answered."""

    status: int
    body: bytes


class EpisodesService:
    """Never retries, because whoever asks does."""

    def __init__(
        self, url: str, token: Callable[[str], str], session: aiohttp.ClientSession, seconds: float
    ) -> None:
        self._url = url
        self._token = token
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(2.0, seconds))

    async def ask(self, method: str, network: str, path: str, body: bytes | None = None) -> Answered:
        """Send one request; `body` is JSON. Raises `NoAnswer`."""
        try:
            headers = {"Authorization": f"Bearer {self._token(network)}"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            request = self._session.request(
                method,
                f"{self._url}{path}",
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
            async with request as answer:
                if (answer.content_length or 0) > _MAX_ANSWER:
                    raise NoAnswer("the answer is too long")
                return Answered(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError, NoToken) as fault:
            raise NoAnswer(type(fault).__name__) from None
