"""Asks the directory of the episodes service whether a partner is known. Any failure is `NoAnswer`."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import aiohttp

from notifications.delivering.courier import NoAnswer
from notifications.service_tokens import NoToken


class Partners(Protocol):
    async def known(self, network: str, partner: UUID) -> bool:
        """Whether the directory of the network has the partner. Raises `NoAnswer`."""
        ...


class HttpPartners:
    """Reads the partner's entry with the service's token; nothing of it is used."""

    def __init__(
        self, url: str, token: Callable[[str], str], session: aiohttp.ClientSession, seconds: float
    ) -> None:
        self._url = f"{url}/v1/partners"
        self._token = token
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(2.0, seconds))

    async def known(self, network: str, partner: UUID) -> bool:
        try:
            headers = {"Authorization": f"Bearer {self._token(network)}"}
            request = self._session.get(
                f"{self._url}/{partner}", headers=headers, timeout=self._timeout, allow_redirects=False
            )
            async with request as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, NoToken) as fault:
            raise NoAnswer(type(fault).__name__) from None
        if status not in {200, 404}:
            raise NoAnswer(f"the episodes service answers {status}")
        return status == 200
