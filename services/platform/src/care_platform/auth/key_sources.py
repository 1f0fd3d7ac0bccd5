"""Where the token issuer's public keys come from: a file, or an address."""

import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Protocol
from urllib.parse import urlsplit

from care_platform.auth.jwks import LARGEST, Unusable

ANSWERS_WITHIN = 3.0
"""Time limits in seconds: for the connection, and again for the whole answer."""
_FRESH = (60.0, 900.0)
"""The bounds, in seconds, within which a `max-age` is honoured: a removed key must not live for long."""


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes read, and after how many seconds to read again, if the source says so."""

    body: bytes
    fresh: float | None = None


class Source(Protocol):
    """Where the keys come from. In seconds: `every` between readings, `retry` after a failure while there are
    no keys at all, `apart` between readings for tokens that name an unknown key, and after other failures."""

    @property
    def every(self) -> float: ...
    @property
    def retry(self) -> float: ...
    @property
    def apart(self) -> float: ...

    def read(self) -> Document:
        """Read the document; blocks. Raises `Unusable` or `OSError`."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file, read every second, so that a replacement needs no further action."""

    path: Path
    every: float = 1.0
    retry: float = 1.0
    apart: float = 1.0

    def read(self) -> Document:
        with self.path.open("rb") as file:
            return Document(file.read(LARGEST + 1))


@dataclass(frozen=True, slots=True)
class KeyAddress:
    """An address, read without proxies. A redirect is refused, as it could lead to another party's keys."""

    url: str
    every: float = 300.0
    retry: float = 2.0
    apart: float = 30.0

    def read(self) -> Document:
        connection = self._connection()
        try:
            connection.connect()
            cut = Timer(ANSWERS_WITHIN, _cut, [connection.sock])
            cut.start()
            try:
                return self._answer(connection)
            finally:
                cut.cancel()
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        url = urlsplit(self.url)
        host = url.hostname or ""
        if url.scheme == "https":
            trusted = ssl.create_default_context()
            return HTTPSConnection(host, url.port, timeout=ANSWERS_WITHIN, context=trusted)
        return HTTPConnection(host, url.port, timeout=ANSWERS_WITHIN)

    def _answer(self, connection: HTTPConnection) -> Document:
        target = urlsplit(self.url)._replace(scheme="", netloc="").geturl() or "/"
        connection.request("GET", target, headers={"Accept": "application/json", "Connection": "close"})
        with connection.getresponse() as answer:
            if answer.status != 200:
                raise Unusable(f"the answer is {answer.status}")
            return Document(answer.read(LARGEST + 1), _max_age(answer.getheader("Cache-Control", "")))


def _cut(connection: socket) -> None:
    """End an answer that arrives too slowly: a socket's own time-out starts again with each part."""
    with suppress(OSError):
        connection.shutdown(SHUT_RDWR)


def _max_age(cache_control: str) -> float | None:
    said = re.search(r"(?:^|[\s,])max-age=(\d{1,9})\b", cache_control.lower())
    return min(max(float(said[1]), _FRESH[0]), _FRESH[1]) if said else None
