"""Looks up the names of endpoints, so that a silent name server holds up nobody but its own partner.

Asynchronous, and apart from the look-ups of every other client of this process: no thread waits.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

KEPT_SECONDS = 60.0
_TRY_SECONDS = 1.0
_TRIES = 3


class NameUnresolved(OSError):
    """There is no address for the name now: the name server has none, or has not answered yet."""


@dataclass(frozen=True, slots=True)
class _Kept:
    addresses: Sequence[ResolveResult]
    until: float


class Names(AbstractResolver):
    """A resolver for aiohttp: one look-up under way per name, shared by all who ask; answers last a minute.

    Whoever asks waits for `seconds` at most. The look-up goes on meanwhile, so that a slow answer serves the
    next one to ask. Addresses are not judged here, but when connecting: one that is kept is judged each time.
    """

    def __init__(self, look_up: AbstractResolver, seconds: float) -> None:
        self._look_up = look_up
        self._seconds = seconds
        self._kept: dict[str, _Kept] = {}
        self._under_way: dict[str, asyncio.Task[Sequence[ResolveResult]]] = {}

    @classmethod
    def of_servers(cls, servers: Sequence[str], seconds: float) -> Self:
        """With these name servers, `address` or `address:port`; without any, those of the system."""
        resolver = AsyncResolver(nameservers=list(servers) or None, timeout=_TRY_SECONDS, tries=_TRIES)
        return cls(resolver, seconds)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises `NameUnresolved`. The answer is kept by name, whatever `family`."""
        addresses = self._known(host)
        if addresses is None:
            addresses = await self._asked(host)
        if not addresses:
            raise NameUnresolved(None, "the name is not resolved")
        return [ResolveResult(**{**it, "port": port}) for it in addresses]

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way.values():
            task.cancel()
        await self._look_up.close()

    def _known(self, name: str) -> Sequence[ResolveResult] | None:
        kept = self._kept.get(name)
        return kept.addresses if kept is not None and kept.until > _now() else None

    async def _asked(self, name: str) -> Sequence[ResolveResult]:
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self._learn(name))
        done, _ = await asyncio.wait([task], timeout=self._seconds)
        return task.result() if done and not task.cancelled() else ()

    async def _learn(self, name: str) -> Sequence[ResolveResult]:
        """Look the name up and keep the answer. A failure is not kept: the endpoint rests, not the name."""
        try:
            addresses = await self._look_up.resolve(name, 0, socket.AF_UNSPEC)
        except (OSError, ValueError):
            return ()
        finally:
            del self._under_way[name]
        now = _now()
        self._kept = {known: it for known, it in self._kept.items() if it.until > now}
        self._kept[name] = _Kept(addresses, now + KEPT_SECONDS)
        return addresses


def _now() -> float:
    return asyncio.get_running_loop().time()
