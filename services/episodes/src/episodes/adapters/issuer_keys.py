"""The token issuer's keys while we run: from a file or an address, read again so that they can rotate."""

import asyncio
import math
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Any, Protocol
from urllib.parse import urlsplit

from episodes.adapters.jwks import LARGEST, Jwks, Unusable, read_jwks

ANSWERS_WITHIN = 3.0
"""Seconds for a connection, and again for the whole answer."""
_FRESH = (60.0, 900.0)
"""Seconds between which a `max-age` is honoured: a removed key must not live for long."""


class NoKeys(Exception):
    """There has been no set of keys yet: no token can be judged now."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was read, and in how many seconds to read again, if the source says so."""

    body: bytes
    fresh: float | None = None


class Source(Protocol):
    """Where the keys come from. Seconds: `every` is between readings, `retry` after a failure while there
    are no keys at all, `apart` between readings that callers cause by naming a key we do not know."""

    @property
    def every(self) -> float: ...
    @property
    def retry(self) -> float: ...
    @property
    def apart(self) -> float: ...

    def read(self) -> Document:
        """Blocks. Raises `Unusable` or `OSError`."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Small and near, so it is read every second: no operator has to tell us that it was replaced."""

    path: Path
    every: float = 1.0
    retry: float = 1.0
    apart: float = 1.0

    def read(self) -> Document:
        with self.path.open("rb") as file:
            return Document(file.read(LARGEST + 1))


@dataclass(frozen=True, slots=True)
class KeyAddress:
    """Asked without proxies; a redirect is refused, because it would lead to keys of somebody else."""

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


class IssuerKeys:
    """Keeps the last good set. It is replaced in the event loop, so never while a token is judged."""

    def __init__(self, source: Source, log: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self.current: Jwks | None = None
        self.fault: str | None = "not read yet"
        self._source = source
        self._log = log
        self._clock = clock
        self._listeners: list[Callable[[], object]] = []
        self._one_by_one = asyncio.Lock()
        self._asked: asyncio.Task[None] | None = None
        self._read_at = self._asked_at = -math.inf
        self._fresh: float | None = None

    def on_change(self, listener: Callable[[], object]) -> None:
        """`listener` is called when keys were added or removed."""
        self._listeners.append(listener)

    def take(self, keys: Jwks) -> None:
        """From now on these are the issuer's keys."""
        if keys != self.current:
            self.current = keys
            self._log.info("issuer keys", count=len(keys.keys))
            for listener in self._listeners:
                listener()

    def age(self) -> float:
        """Seconds since the set was last read without a fault; infinite if never."""
        return self._clock() - self._read_at

    async def begin(self) -> asyncio.Task[None]:
        """The task that reads for ever, after the first keys or the second in which they did not come."""
        self._asked = asyncio.create_task(self._read())
        await asyncio.wait({self._asked}, timeout=1)
        return asyncio.create_task(self._follow())

    async def renewed(self) -> bool:
        """Read because a token names a key we do not know. False if that was done only just now, so that
        made-up names cannot flood the issuer; then the token is refused."""
        if self._asked is None or self._asked.done():
            if self._clock() - self._asked_at < self._source.apart:
                return False
            self._asked_at = self._clock()
            self._asked = asyncio.create_task(self._read())
        await asyncio.wait({self._asked}, timeout=2 * ANSWERS_WITHIN)
        return True

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._pause())
            await self._read()

    async def _read(self) -> None:
        """Whatever goes wrong is noted: were this to end, a removed key would be believed for ever."""
        try:
            async with self._one_by_one:
                keys, self._fresh = await asyncio.to_thread(_load, self._source)
                self.take(keys)
                self._read_at = self._clock()
            fault = None
        except Unusable as refused:
            fault = str(refused)
        except Exception as error:
            fault = type(error).__name__
        if fault is not None and fault != self.fault:
            self._log.warning("issuer keys not read", reason=fault)
        self.fault = fault

    def _pause(self) -> float:
        if self.fault is None:
            return self._fresh or self._source.every
        return self._source.retry if self.current is None else self._source.apart


def _load(source: Source) -> tuple[Jwks, float | None]:
    document = source.read()
    return read_jwks(document.body), document.fresh


def _cut(connection: socket) -> None:
    """Ends an answer that trickles; time-outs of a socket are for each part of it."""
    with suppress(OSError):
        connection.shutdown(SHUT_RDWR)


def _max_age(cache_control: str) -> float | None:
    said = re.search(r"(?:^|[\s,])max-age=(\d{1,9})\b", cache_control.lower())
    return min(max(float(said[1]), _FRESH[0]), _FRESH[1]) if said else None
