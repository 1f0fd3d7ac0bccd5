"""Whoever waits is served by turns: first between networks, then between the callers of each.

So a flood by one caller delays another by its share, not by its number. Each caller has a line of its own,
in which order is kept and of which the length is bounded.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from episodes.errors import TooManyRequests, TooManyWaiting

T = TypeVar("T")

Asker = tuple[str, Hashable]
"""A network and who of it asks. What the service asks for its own sake has a turn like a network's."""

OURSELVES: Asker = ("", None)
ASKING: ContextVar[Asker] = ContextVar("asking", default=OURSELVES)
"""On whose behalf the present task reads."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may wait, of one caller and in all. `refused` is called when a caller's own line was full."""

    of_caller: int = 256
    in_all: int = 2_000
    refused: Callable[[], None] = lambda: None


USUAL = Limits()


@dataclass(slots=True)
class _Network(Generic[T]):
    """The lines of one network's callers, beginning with the one whose turn it is."""

    lines: OrderedDict[Hashable, deque[T]] = field(default_factory=OrderedDict)
    waiting: int = 0


class Turns(Generic[T]):
    """The waiting, by caller. `displaced` is called with one who has to leave for a caller of a shorter line.

    It belongs to one thread, or is guarded by a lock.
    """

    def __init__(self, limits: Limits, displaced: Callable[[T], None]) -> None:
        self._limits = limits
        self._displaced = displaced
        self._networks: OrderedDict[str, _Network[T]] = OrderedDict()
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def add(self, asker: Asker, item: T) -> None:
        """Join the end of the caller's line.

        Raises `TooManyRequests` if that line is full, and `TooManyWaiting` if all are and none is longer.
        """
        network, who = asker
        its = self._networks.get(network)
        line = None if its is None else its.lines.get(who)
        if line is not None and len(line) >= self._limits.of_caller:
            self._limits.refused()
            raise TooManyRequests
        if self._waiting >= self._limits.in_all:
            self._make_room(its, 0 if line is None else len(line))
        self._line(asker).append(item)
        self._count(network, 1)

    def take(self, most: int) -> list[tuple[Asker, T]]:
        """Up to `most` of the waiting, one at each turn."""
        taken: list[tuple[Asker, T]] = []
        while self._networks and len(taken) < most:
            network, its = next(iter(self._networks.items()))
            who, line = next(iter(its.lines.items()))
            taken.append(((network, who), line.popleft()))
            its.lines.move_to_end(who)
            self._networks.move_to_end(network)
            self._left(network, who)
        return taken

    def put_back(self, taken: Iterable[tuple[Asker, T]]) -> None:
        """Undo the last of the turns taken: these go before all others, in the order they were taken."""
        for (network, who), item in reversed(list(taken)):
            self._line((network, who)).appendleft(item)
            self._networks[network].lines.move_to_end(who, last=False)
            self._networks.move_to_end(network, last=False)
            self._count(network, 1)

    def remove(self, asker: Asker, item: T) -> None:
        """Let one who waits no longer go. No effect on whoever had its turn."""
        network, who = asker
        its = self._networks.get(network)
        if its is not None and item in its.lines.get(who, ()):
            its.lines[who].remove(item)
            self._left(network, who)

    def _line(self, asker: Asker) -> deque[T]:
        network, who = asker
        return self._networks.setdefault(network, _Network()).lines.setdefault(who, deque())

    def _count(self, network: str, change: int) -> None:
        self._networks[network].waiting += change
        self._waiting += change

    def _left(self, network: str, who: Hashable) -> None:
        self._count(network, -1)
        its = self._networks[network]
        if not its.lines[who]:
            del its.lines[who]
        if not its.lines:
            del self._networks[network]

    def _make_room(self, own: _Network[T] | None, own_line: int) -> None:
        """Displace the newest of the longest line in the fullest network, if one's own line is shorter."""
        network, longest = max(self._networks.items(), key=lambda it: (it[1].waiting, it[1] is own))
        who, line = max(longest.lines.items(), key=lambda it: len(it[1]))
        if longest is own and own_line >= len(line):
            raise TooManyWaiting
        displaced = line.pop()
        self._left(network, who)
        self._displaced(displaced)
