"""A request as commands read it."""

from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope


class Incoming:
    """As much of Starlette's `Request` as commands ask for, its headers decoded once."""

    __slots__ = ("_receive", "headers", "method", "path_params", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path_params: dict[str, Any] = scope["path_params"]
        # Backwards: of a header given twice the first counts, as with Starlette.
        self.headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])
        }
        self._receive = receive

    async def body(self) -> bytes:
        """The whole body."""
        chunks: list[bytes] = []
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(chunks)
