"""Posts one webhook or challenge: no redirects, no proxy, public addresses only, short time limits."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from care_platform.crash_points import crash_point
from notifications.delivering.answer_heads import BoundedHeads
from notifications.delivering.egress import AddressDenied, guarded_socket
from notifications.delivering.names import Names
from notifications.delivering.schedule import Answered, Outcome, Unanswered, Unusable, retry_after

MAX_REPLY = 64 * 1024
_REPLY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a POST, and the answer's body: empty if it was long, slow or lost."""

    outcome: Outcome | Unusable
    body: bytes = b""


class HttpEndpoint:
    """One connection pool for all endpoints, without a limit: the caller limits the attempts under way."""

    def __init__(self, seconds: float, names: Names, allow_loopback: bool, allow_http: bool) -> None:
        self._schemes = {"https", "http"} if allow_http else {"https"}
        self._names = names
        self._session = aiohttp.ClientSession(
            connector=BoundedHeads(
                socket_factory=guarded_socket(allow_loopback), resolver=names, use_dns_cache=False, limit=0
            ),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(5.0, seconds)),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=8190,
            max_field_size=8190,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._names.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome | Unusable:
        """Only the status counts. The body of the reply is discarded."""
        crash_point("deliver.before-send")
        outcome = (await self.ask(url, headers, body)).outcome
        crash_point("deliver.after-send")
        return outcome

    async def ask(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """As `post`, with the body of the reply, as it was sent."""
        try:
            target = URL(url)
            if target.scheme not in self._schemes:
                return Reply(Unusable())
            return await self._post(target, headers, body)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as fault:
            return Reply(_failure(fault))

    async def _post(self, target: URL, headers: dict[str, str], body: bytes) -> Reply:
        headers = {"content-type": "application/json", "user-agent": "care-notifications/1", **headers}
        request = self._session.post(target, data=body, headers=headers, allow_redirects=False)
        async with request as answer:
            outcome = Answered(
                answer.status, retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
            )
            return Reply(outcome, await _finish(answer))


async def _finish(answer: aiohttp.ClientResponse) -> bytes:
    """Read a short reply, so that the connection can be reused. Close it if the reply is long or slow."""
    if answer.content.at_eof():
        return b""
    read = bytearray()
    try:
        async with asyncio.timeout(_REPLY_SECONDS):
            async for chunk in answer.content.iter_any():
                read += chunk
                if len(read) > MAX_REPLY:
                    break
            else:
                return bytes(read)
    except (aiohttp.ClientError, TimeoutError):
        pass
    answer.close()
    return b""


def _failure(fault: Exception) -> Unanswered | Unusable:
    match fault:
        case aiohttp.ClientConnectorError(os_error=AddressDenied()) | aiohttp.ClientConnectorDNSError():
            return Unusable()
        case _:
            return Unanswered(_error(fault))


def _error(fault: Exception) -> str:
    """The class of failure that the partner's delivery log shows."""
    match fault:
        case TimeoutError():
            return "timeout"
        case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
            return "tls_failed"
        case aiohttp.ClientConnectorError():
            return "connection_refused"
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return "connection_lost"
        case _:
            return "invalid_answer"
