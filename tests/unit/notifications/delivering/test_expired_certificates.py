"""An endpoint's certificate expires between two attempts, and is renewed."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import connector

from notifications.delivering.names import Names
from notifications.delivering.schedule import Answered, Unanswered
from notifications.delivering.webhooks import HttpEndpoint
from tests.support.servers.certificates import Authority

LASTS = timedelta(seconds=3)


class Endpoint:
    """Answers with 204, keeps its connections, and presents what `certificate` names now."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.options |= ssl.OP_NO_TICKET
        self._writers: list[asyncio.StreamWriter] = []
        self.accepted = 0
        self.present(certificate)

    def present(self, certificate: tuple[Path, Path]) -> None:
        self._context.load_cert_chain(*certificate)

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self._context)
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}/hook"
        self.hang_up()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._writers.append(writer)
        while await reader.read(65536):
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")


async def test_what_is_expired_is_told_apart_and_what_is_renewed_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path, "theirs")
    trusting = ssl.create_default_context(cafile=str(authority.file))
    monkeypatch.setattr(connector, "_SSL_CONTEXT_VERIFIED", trusting)
    theirs = Endpoint(authority.certificate("localhost", lasts=LASTS))
    names = Names.of_servers([], seconds=5)
    async with (
        theirs.serving() as url,
        HttpEndpoint(5, names, allow_loopback=True, allow_http=False) as endpoint,
    ):
        assert await endpoint.post(url, {}, b"{}") == Answered(204)
        await asyncio.sleep(LASTS.total_seconds() + 1)
        assert await endpoint.post(url, {}, b"{}") == Answered(204), "a connection that is kept goes on"
        assert theirs.accepted == 1

        theirs.hang_up()
        await asyncio.sleep(0.1)
        assert await endpoint.post(url, {}, b"{}") == Unanswered("tls_failed")

        theirs.present(authority.certificate("localhost"))
        assert await endpoint.post(url, {}, b"{}") == Answered(204)
