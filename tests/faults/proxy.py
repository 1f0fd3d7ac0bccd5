"""A way to the database that a test can slow down, stop, cut, or let lose the answer to a COMMIT."""

import asyncio
from collections.abc import Callable
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.listener import Listener

_CHUNK = 65_536
_COMMITTED = b"COMMIT\0"
"""How the server's answer names what it has carried out."""


class Proxy(Listener):
    """Passes everything on, until told otherwise."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._refusing = False
        self.delay = 0.0
        """Seconds each piece is held back, in both directions."""
        self.commits_to_lose = 0
        """So many answers to a COMMIT are swallowed, and their connections closed."""

    @property
    def url(self) -> str:
        """The database's address by way of this proxy."""
        return make_conninfo(
            self._url, host="127.0.0.1", port=self.port, sslmode="disable", gssencmode="disable"
        )

    def hang(self) -> None:
        """Connections stay open and silent, new ones too."""
        self._tell(self._flowing.clear)

    def flow(self) -> None:
        """As new: what hung goes on, who was refused may come."""
        self._refusing = False
        self._tell(self._flowing.set)

    def refuse(self) -> None:
        """Close every connection, and each new one at once."""
        self._refusing = True
        self.cut()

    def cut(self) -> None:
        """Close every connection; new ones may come."""
        self._tell(self._close_all)

    def forget(self) -> None:
        """The connections that are open now stay so, and nothing passes on them ever again, not even an end.

        New ones are as usual.
        """
        self._tell(lambda: self._forgotten.update(self._open))

    @property
    def forgotten(self) -> int:
        """How many forgotten connections are still held by whoever opened them."""
        return len(self._forgotten & self._open) // 2

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._refusing:
            to_client.close()
            return
        try:
            server, to_server = await self._connect()
        except OSError:
            to_client.close()
            return
        both = {to_client, to_server}
        self._open |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(client, to_server))
                group.create_task(self._pass_on(server, to_client, may_lose=True))
        except* (OSError, EOFError):
            pass  # one side is gone, and the other goes with it
        finally:
            self._open -= both
            for writer in both:
                writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        place: dict[str, Any] = conninfo_to_dict(self._url)
        host, port = str(place.get("host") or "127.0.0.1"), int(place.get("port") or 5432)
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_lose: bool = False
    ) -> None:
        while data := await reader.read(_CHUNK):
            await self._flowing.wait()
            if writer in self._forgotten:
                continue
            if self.delay:
                await asyncio.sleep(self.delay)
            if may_lose and self.commits_to_lose and _COMMITTED in data:
                self.commits_to_lose -= 1
                break
            writer.write(data)
            await writer.drain()
        if writer not in self._forgotten or not may_lose:  # whoever connected hears nothing of an end
            raise EOFError

    def _close_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    def _tell(self, what: Callable[[], object]) -> None:
        async def tell() -> None:
            what()

        self._do(tell())
