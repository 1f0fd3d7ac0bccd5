"""Writes the head of an answer together with its body.

uvicorn writes them one after the other, and each is a call of the system: 5 µs of 200 that a command takes,
and as much for whoever reads them.
"""

from typing import Any
from weakref import proxy

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class OneWrite:
    """Stands before the transport of one answer. A head is held back if a body of known length follows it,
    which an application sends at once; all else is written as it comes. No body follows the head of a `HEAD`.
    """

    def __init__(self, transport: Any, cycle: RequestResponseCycle) -> None:
        self._transport = transport
        self._cycle = proxy(cycle)  # which holds this: no collection frees a cycle of the two
        self._head = b""
        self._begun = False

    def write(self, data: bytes) -> None:
        if self._cycle.response_started and not self._begun:
            self._begun = True
            if self._cycle.expected_content_length and self._cycle.scope["method"] != "HEAD":
                self._head = data
                return
        self._transport.write(self._head + data)
        self._head = b""

    def close(self) -> None:
        """Close after what was written, as the transport does."""
        if self._head:
            self._transport.write(self._head)
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
