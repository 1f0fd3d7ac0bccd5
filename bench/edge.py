"""Commands to episodes that do not fit the cache, and with no cache at all, beside short ones that fit.

A full run has 50,000 episodes, and each round sends its commands to other 10,000 of them, with the cache of a
small machine (`stores.py`). A quick run has a tenth of each: of the episodes, of those written to, and of the
cache.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench.machine import Machine
from bench.stores import CACHE_BYTES, Store, command_to_each, cpu_seconds, stored
from bench.table import MILLISECONDS, Row
from tests.support.episodes.api_process import Api

EPISODES, PARTS, QUICKLY = 50_000, 5, 10
"""How many episodes there are; in how many parts, one for each round; by how much a quick run divides."""
SHORT, USUAL, LONG = 10, 60, 200
"""How many events an episode has."""
OF_LONG = 5_000
"""How many long episodes there are. None of them is cached, so more would make no difference."""

PAST_THE_EDGE, SLOWER, ALL_MISS, LONG_MISS = 0.8, 2.0, 0.5, 0.35
SLOW, QUICK = 2.0, 0.5
"""How much longer than usual a round is. Of slow commands few are answered in it, and those under way at its
end do not count; of quick ones so many are that episodes of ten events would not stay short."""
WARM_UP = 200
"""How many commands a process without a cache gets before it is measured."""


@dataclass(frozen=True)
class Side:
    """A store with one API process over it."""

    store: Store
    api: Api
    cached: bool
    seconds: float

    def prepare(self, part: int) -> None:
        """With a cache, one command to each episode that is about to be written to: what fits is cached."""
        episodes = self._episodes(part)
        command_to_each(self.api, episodes if self.cached else episodes[:WARM_UP])

    def figures(self, part: int) -> tuple[float, float, float]:
        """Commands per second, p99 in milliseconds, and the process's CPU for each, in milliseconds."""
        target = self.store.target(self.api, self._episodes(part))
        before = cpu_seconds(self.api)
        load = target.load(self.seconds)
        used = cpu_seconds(self.api) - before
        return load.per_second, load.p99, 1_000 * used / (load.per_second * self.seconds)

    def _episodes(self, part: int) -> Sequence[str]:
        return self.store.episodes[part::PARTS]


def measure(machine: Machine) -> Iterator[Row]:
    """All sides in every round, forwards and backwards in turn."""
    seen: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    with ExitStack() as opened:
        sides = _sides(machine, opened)
        for number in range(machine.rounds):
            for name in reversed(sides) if number % 2 else sides:
                sides[name].prepare(number % PARTS)
                seen[name].append(sides[name].figures(number % PARTS))
    yield from _rows(seen)


def _sides(machine: Machine, opened: ExitStack) -> dict[str, Side]:
    share = 1 if machine.full else QUICKLY
    usual, short = (opened.enter_context(stored(machine, EPISODES // share, it)) for it in (USUAL, SHORT))
    long = opened.enter_context(stored(machine, OF_LONG // share, LONG))

    def side(store: Store, cache_bytes: int, longer: float = SLOW) -> Side:
        api = opened.enter_context(store.api(cache_bytes))
        return Side(store, api, cache_bytes > 0, machine.seconds * longer)

    return {
        "edge": side(usual, CACHE_BYTES // share),
        "short": side(short, CACHE_BYTES // share, QUICK),
        "usual": side(usual, 0),
        "long": side(long, 0),
    }


def _rows(seen: dict[str, list[tuple[float, float, float]]]) -> Iterator[Row]:
    rate, p99, cpu = (
        {name: [one[place] for one in them] for name, them in seen.items()} for place in range(3)
    )
    what, fits = f"commands, {USUAL} events, past the cache", f"{SHORT} events, which fit"
    yield Row(what, rate["edge"], fits, rate["short"], PAST_THE_EDGE)
    yield Row("the same, p99", p99["edge"], fits, p99["short"], SLOWER, MILLISECONDS, True)
    yield Row("the same, CPU of each", cpu["edge"], fits, cpu["short"], None, MILLISECONDS, True)
    for name, events, target in (("usual", USUAL, ALL_MISS), ("long", LONG, LONG_MISS)):
        yield Row(f"commands, {events} events, none cached", rate[name], fits, rate["short"], target)
        yield Row("the same, CPU of each", cpu[name], fits, cpu["short"], None, MILLISECONDS, True)
