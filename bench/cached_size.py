"""How much memory cached episodes take: of a process whose cache is full, and of each event."""

from collections.abc import Iterator

from bench.machine import Machine
from bench.stores import CACHE_BYTES, Store, command_to_each, stored
from bench.table import EACH, MEGABYTES, Row
from care_platform.memory import memory_there_is
from episodes.event_log.cache import FACTOR
from tests.support.episodes.api_process import Api

EPISODES, EVENTS, WARM_UP = 3_000, 60, 300
"""More than the cache holds; of them the first are cached before any memory is measured."""
BOUNDLESS = memory_there_is()
MOST = 1.25
"""How many times the setting a full cache may take."""
BEFORE = 2_692.0
"""Bytes of each event at commit 23c06f6, whose states had also what only documents show."""


def measure(machine: Machine) -> Iterator[Row]:
    """A new process for each figure, because one gives no memory back."""
    full, each, of_stored = [], [], []
    with stored(machine, EPISODES, EVENTS) as store:
        for _ in range(machine.rounds):
            full.append(_full(store) / 1e6)
            per_event = _per_event(store)
            each.append(per_event)
            of_stored.append(per_event / store.size()[1])
    setting, before, factor = ([it] * machine.rounds for it in (CACHE_BYTES / 1e6, BEFORE, FACTOR))
    what = "memory of a full cache, past an empty process"
    yield Row(what, full, "the setting", setting, MOST, MEGABYTES, True)
    yield Row(
        "cached bytes per event, resident", each, "the same at commit 23c06f6", before, None, EACH, True
    )
    yield Row("cached bytes per stored byte", of_stored, "FACTOR, as counted", factor, 1.0, EACH, True)


def _full(store: Store) -> float:
    with store.api() as api:
        empty = _resident(api)
        command_to_each(api, store.episodes)
        return _resident(api) - empty


def _per_event(store: Store) -> float:
    """Bytes that the process grew by, for each event it folded after those it warmed up with."""
    with store.api(BOUNDLESS) as api:
        command_to_each(api, store.episodes[:WARM_UP])
        before = _resident(api)
        command_to_each(api, store.episodes[WARM_UP:])
        grown = _resident(api) - before
    events, _ = store.size()
    return grown / (events * (1 - WARM_UP / EPISODES))


def _resident(api: Api) -> float:
    return float(api.process.memory_info().rss)
