"""The token issuer's keys, refreshed while the process runs, so that they can rotate without a restart."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

from care_platform.auth.jwks import Jwks, Unusable, read_jwks
from care_platform.auth.key_sources import ANSWERS_WITHIN, Source


class NoKeys(Exception):
    """No set of keys has been read yet, so no token can be verified."""


class IssuerKeys:
    """Keeps the last good set. It is replaced in the event loop, and so never while a token is verified.

    Only in `development` are keys used that were made for development.
    """

    def __init__(
        self,
        source: Source,
        log: Any,
        clock: Callable[[], float] = time.monotonic,
        *,
        development: bool = False,
    ) -> None:
        self.current: Jwks | None = None
        self.fault: str | None = "not read yet"
        self._source = source
        self._log = log
        self._clock = clock
        self._development = development
        self._listeners: list[Callable[[], object]] = []
        self._one_by_one = asyncio.Lock()
        self._asked: asyncio.Task[None] | None = None
        self._read_at = self._asked_at = -math.inf
        self._fresh: float | None = None

    def on_change(self, listener: Callable[[], object]) -> None:
        """Call `listener` whenever keys are added or removed."""
        self._listeners.append(listener)

    def take(self, keys: Jwks) -> None:
        """Use these keys from now on; without any, no token is valid."""
        if keys != self.current:
            self.current = keys
            self._log.info("issuer keys", count=len(keys.keys))
            if keys.left_out:
                self._log.warning("keys made for development are not used", count=keys.left_out)
            for listener in self._listeners:
                listener()

    def age(self) -> float:
        """Seconds since the keys were last read without a fault; infinite if never."""
        return self._clock() - self._read_at

    async def begin(self) -> asyncio.Task[None]:
        """Start the task that refreshes the keys; returns once the first keys are read, or after a second."""
        self._asked = asyncio.create_task(self._read())
        await asyncio.wait({self._asked}, timeout=1)
        return asyncio.create_task(self._follow())

    async def renewed(self) -> bool:
        """Refresh the keys because a token names an unknown one. False if that was done within `apart`
        seconds, so that tokens with invented key names cannot flood the issuer."""
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
        """Refresh once. Every fault is caught: if the refreshing ended, a removed key would stay valid."""
        try:
            async with self._one_by_one:
                keys, self._fresh = await asyncio.to_thread(_load, self._source, self._development)
                if self.current is None and not keys.keys:
                    raise Unusable("the issuer publishes no key")
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


def _load(source: Source, development: bool) -> tuple[Jwks, float | None]:
    document = source.read()
    return read_jwks(document.body, development=development), document.fresh
