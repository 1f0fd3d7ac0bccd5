"""Asks for decisions about many deliveries together, while the next are claimed and others are under way."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from care_platform.crash_points import crash_point
from contracts.disclosure import Decision
from notifications.delivering.courier import WAIT_FOR_ANSWER, Claimed, Courier
from notifications.delivering.outbox import AT_ONCE

MOST = 500
"""How many of a network are asked about, or wait for it, at most: as many as one question takes. So a claim
waits for one question at most before its own, and the rest of the room is for attempts and other networks."""

A_FEW = 16
"""How many attempts begin together. What they send leaves when all of them have begun, and only then is
anything else done."""

Work = Coroutine[object, object, None]


@dataclass(slots=True)
class _Network:
    asked: int = 0
    waiting: list[Claimed] = field(default_factory=list)
    left_until: float = 0.0

    def take(self) -> Sequence[Claimed]:
        taken, self.waiting = self.waiting, []
        return taken


class Asking:
    """Of each network one question is under way. What is claimed meanwhile, if `ahead`, shares the next one.

    `begin` begins an attempt with its decision, and when that was had; `ended` is told how many get none.
    """

    def __init__(
        self,
        courier: Courier,
        networks: Sequence[str],
        ahead: bool,
        spawn: Callable[[Work], None],
        begin: Callable[[Claimed, Decision, float], None],
        ended: Callable[[int], None],
    ) -> None:
        self._courier = courier
        self._most = MOST if ahead else AT_ONCE
        self._networks = {name: _Network() for name in networks}
        self._spawn, self._begin, self._ended = spawn, begin, ended

    def with_room(self) -> Sequence[str]:
        """The networks of which more may be claimed now."""
        now = self._courier.clock.monotonic()
        return [
            name
            for name, it in self._networks.items()
            if it.left_until <= now and it.asked + len(it.waiting) + AT_ONCE <= self._most
        ]

    def add(self, claimed: Sequence[Claimed]) -> None:
        """Ask about these as soon as no other question is under way."""
        for name, group in _by_network(claimed):
            self._networks[name].waiting += group
            self._next(name)

    def give_back(self) -> None:
        """Release what waits, so that another process need not wait for the leases to end."""
        for name in self._networks:
            self._spawn(self._release(name, timedelta(0)))

    def _next(self, name: str) -> None:
        """Without an answer the network is left alone for a second, and what waits is released as well."""
        network = self._networks[name]
        if network.asked or not network.waiting:
            return
        if network.left_until > self._courier.clock.monotonic():
            self._spawn(self._release(name, WAIT_FOR_ANSWER))
        else:
            group = network.take()
            network.asked = len(group)
            self._spawn(self._ask(name, group))

    async def _ask(self, name: str, group: Sequence[Claimed]) -> None:
        begun = 0
        try:
            decisions = await self._decisions(name, group)
            decided_at = self._courier.clock.monotonic()
            for claimed, decision in zip(group, decisions, strict=bool(decisions)):
                self._begin(claimed, decision, decided_at)
                begun += 1
                if begun % A_FEW == 0:
                    await asyncio.sleep(0)
        finally:
            self._ended(len(group) - begun)

    async def _decisions(self, name: str, group: Sequence[Claimed]) -> Sequence[Decision]:
        network = self._networks[name]
        decisions: Sequence[Decision] = ()
        try:
            decisions = await self._courier.decisions(name, group)
            crash_point("deliver.after-decision")
        finally:
            network.asked = 0
            if not decisions:
                network.left_until = self._courier.clock.monotonic() + WAIT_FOR_ANSWER.total_seconds()
            self._next(name)
        return decisions

    async def _release(self, name: str, wait: timedelta) -> None:
        group = self._networks[name].take()
        try:
            await self._courier.outbox.release(group, wait)
        finally:
            self._ended(len(group))


def _by_network(claimed: Sequence[Claimed]) -> Iterator[tuple[str, Sequence[Claimed]]]:
    for network, group in groupby(sorted(claimed, key=_network), key=_network):
        yield network, list(group)


def _network(claimed: Claimed) -> str:
    return claimed.due.network
