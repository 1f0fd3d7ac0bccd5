"""Limits on connections, before a request is known and whoever sends it: uvicorn itself has none.

A subclass of uvicorn's own protocol for httptools, which has hooks at the right places. That for h11 limits
the size of a head but no times, and parses in Python.
"""

from asyncio import TimerHandle
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from operator import itemgetter
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import uuid4

import structlog
from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from care_platform.http.limits import MAX_BODY, MAX_HEAD
from care_platform.http.one_write import OneWrite
from care_platform.http.problems import COMMON, MEDIA_TYPE, Kind

MAX_HEAD_SENT = 2 * MAX_HEAD
"""The maximum size of a head as it is sent, in bytes: with its address and what separates its lines."""
MAX_MESSAGE_SENT = MAX_HEAD_SENT + 8 * MAX_BODY
"""The maximum size of a request as it is sent, in bytes: with the frames of its chunks and its trailers."""
_KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in COMMON})
_VERSIONS = ("1.1", "1.0")
"""The parser takes a request line without a version for one of HTTP/0.9, which had no headers."""
log = structlog.get_logger("door")


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """What one process lets in."""

    connections: int = 1_000
    """How many connections may be open at a time. One that waits for a request makes room for a new one."""
    per_peer: int | None = None
    """How many of them one address may have; None behind a proxy, which is the peer of them all."""
    head_seconds: float = 10.0
    """How long the head of a request may take."""
    body_seconds: float = 30.0
    """How long the body of a request may take."""
    head_lines: int = 100
    """How many header lines a request may have."""


class Door(HttpToolsProtocol):
    """One connection. What exceeds a limit is answered with a problem document, and the connection closed."""

    limits: ClassVar[DoorLimits]
    peers: ClassVar[Counter[str]]

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._timer: TimerHandle | None = None
        self._in_head = True
        self._received = 0
        self._peer = ""
        self._half_closed = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self.peers[self._peer] += 1
        most = self.limits.per_peer
        crowded = most is not None and self.peers[self._peer] > most
        full = len(self.connections) > self.limits.connections
        if (crowded or full) and not self._made_room(of_peer=crowded):
            self._refuse("unavailable")
        else:
            self._wait(self.limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.peers[self._peer] -= 1
        if not self.peers[self._peer]:
            del self.peers[self._peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._received += len(data)
        super().data_received(data)
        if self._received > (MAX_HEAD_SENT if self._in_head else MAX_MESSAGE_SENT):
            self._refuse("too-large")
        elif self._received and self._timer is None:
            self._wait(self.limits.head_seconds if self._in_head else self.limits.body_seconds)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """The caller sends no more: true keeps the connection until its whole requests are answered.

        Whoever has left altogether looks the same until an answer is sent. Within TLS there is no half.
        """
        self._stop_waiting()
        self._half_closed = self._in_head and self._answering and self.scheme == "http"
        return self._half_closed

    @property
    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._half_closed and not self._answering:
            self.transport.close()

    def on_headers_complete(self) -> None:
        if len(self.headers) > self.limits.head_lines:
            self._refuse("too-large")
            return
        if self.parser.get_http_version() not in _VERSIONS:
            self._refuse("malformed")
            return
        self._stop_waiting()
        super().on_headers_complete()
        cycle: Any = self.cycle
        cycle.transport = OneWrite(self.transport, cycle)
        self._in_head = False
        self.headers = []  # takes the trailers: an application decides on the head alone

    def on_body(self, body: bytes) -> None:
        if not self._in_head:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._in_head:
            super().on_message_complete()
        self._stop_waiting()
        self._in_head = True
        self._received = 0

    def _made_room(self, of_peer: bool) -> bool:
        """Close the connection that was kept longest without a request, of the same peer or of any.

        False if there is none.
        """
        kept: list[tuple[float, HttpToolsProtocol]] = [
            (one.timeout_keep_alive_task.when(), one)
            for one in self.connections
            if isinstance(one, Door)
            and one.timeout_keep_alive_task is not None
            and not one.transport.is_closing()
            and (one._peer == self._peer or not of_peer)
        ]
        if not kept:
            return False
        min(kept, key=itemgetter(0))[1].transport.close()
        return True

    def _wait(self, seconds: float) -> None:
        """Refuse what is being received, if it has not come by then."""
        self._timer = self.loop.call_later(seconds, self._refuse, "too-slow")

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, name: str) -> None:
        """Answer, unless an answer has begun or is another request's, and close."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        log.info("refused", problem=name)
        if self._may_answer():
            self.transport.write(_answer(_KINDS[name]))
        self.transport.close()

    def _may_answer(self) -> bool:
        """Whether nothing else is being answered on this connection."""
        if self._in_head:
            return not self._answering
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_started


def door(limits: DoorLimits) -> type[Door]:
    """The protocol of one server with these limits, for uvicorn's `http`."""
    return type("LimitedDoor", (Door,), {"limits": limits, "peers": Counter()})


def _answer(kind: Kind) -> bytes:
    body = to_json({**kind.document(), "correlation_id": uuid4()})
    head = (
        f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
