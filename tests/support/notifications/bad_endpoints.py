"""Endpoints that no HTTP library would allow: their behaviour is written byte by byte."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from ssl import SSLContext
from typing import Self

Behave = Callable[[socket.socket], None]
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
"""A reply of 1 GiB follows."""
_AT_MOST = 30.0
"""The longest wait of an endpoint, in seconds."""


class BadEndpoint:
    """Treats each webhook as `behave` does, in a thread of its own, and disconnects."""

    def __init__(self, behave: Behave, tls: SSLContext | None = None, scheme: str = "http") -> None:
        self._behave = behave
        self._tls = tls
        self._scheme = scheme
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()

    @property
    def address(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._listener.getsockname()[1]}/hook"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_AT_MOST)
        with suppress(OSError):  # the caller disconnected, as it should
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                connection.recv(65_536)
                self._behave(connection)


def hangs(connection: socket.socket) -> None:
    connection.recv(1)


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drips_its_answer(connection: socket.socket) -> None:
    """Sends one byte a second from the beginning."""
    _drip(connection, _OK)


def drips_its_reply(connection: socket.socket) -> None:
    """Sends the status at once, then one byte of the body a second."""
    connection.sendall(_OK)
    _drip(connection, b"." * 60)


def sends_a_gigabyte(connection: socket.socket) -> None:
    connection.sendall(_OK)
    for _ in range(16_384):
        connection.sendall(b"." * 65_536)


def speaks_no_http(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.partner.example ESMTP\r\n")


def never_ends(part: Callable[[int], bytes], head: bytes = b"") -> Behave:
    """Sends `head`, then one part after another, which are numbered, as fast as they are taken."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        for number in count(step=1000):
            connection.sendall(b"".join(map(part, range(number, number + 1000))))

    return behave


def says(answer: bytes) -> Behave:
    """Sends these bytes in one piece."""
    return lambda connection: connection.sendall(answer)


def _drip(connection: socket.socket, what: bytes) -> None:
    """Sends until the caller disconnects. It sends nothing, so waiting for it is a pause."""
    connection.settimeout(1.0)
    for number in range(len(what)):
        connection.sendall(what[number : number + 1])
        with suppress(TimeoutError):
            if not connection.recv(1):
                return
