"""The cache keeps what was kept last, and no more of it than it may; and it tells what was looked up."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from episodes.event_log import cache as caching
from episodes.event_log.cache import FACTOR, Cache, Lookup, usual_bytes
from episodes.event_log.cache_metrics import CacheMetrics
from episodes.event_log.folding import CachedEpisode
from tests.support.episodes.care_facts import OPENED
from tests.support.episodes.scenario import replayed

EPISODE = replayed((OPENED,))
MB = 1024 * 1024


def keep(cache: Cache, number: int, weight: int) -> None:
    cache.keep({UUID(int=number): CachedEpisode(EPISODE, weight)})


def kept(cache: Cache) -> list[int]:
    return [identifier.int for identifier in cache]


def test_the_least_recently_kept_goes_first_once_there_is_too_much() -> None:
    cache = Cache(int(FACTOR * 100))
    for number in (1, 2):
        keep(cache, number, 50)
    assert (kept(cache), len(cache)) == ([1, 2], 2)
    keep(cache, 1, 50)
    keep(cache, 3, 1)
    assert kept(cache) == [1, 3]
    keep(cache, 4, 49)
    assert kept(cache) == [1, 3, 4]
    assert cache[UUID(int=1)] == CachedEpisode(EPISODE, 50)
    cache.clear()
    assert (kept(cache), cache.bytes, cache.tally.evictions) == ([], 0, 1)
    keep(cache, 1, 100)
    assert kept(cache) == [1]


def test_what_could_not_be_read_whole_is_not_kept_and_only_what_was_kept_of_it_goes() -> None:
    cache = Cache(int(FACTOR * 100))
    for number in (1, 2):
        keep(cache, number, 50)
    cache.keep({UUID(int=number): CachedEpisode(EPISODE, 60, whole=False) for number in (1, 3)})
    assert (kept(cache), cache.bytes) == ([2], FACTOR * 50)
    keep(cache, 4, 50)
    assert (kept(cache), cache.tally.evictions) == ([2, 4], 0), "nor does it count"
    cache.keep({UUID(int=2): at(EPISODE.version - 1, 40, whole=False)})
    assert kept(cache) == [4], "an erasure is no state: it is final, whatever was read before it"


def test_what_grew_counts_once_and_what_went_counts_no_more() -> None:
    cache = Cache(int(FACTOR * 100))
    keep(cache, 1, 60)
    keep(cache, 1, 80)
    keep(cache, 2, 20)
    assert kept(cache) == [1, 2]
    keep(cache, 3, 1)
    assert kept(cache) == [2, 3]
    keep(cache, 4, 79)
    assert kept(cache) == [2, 3, 4]


def test_one_that_is_too_large_is_not_kept() -> None:
    cache = Cache(int(FACTOR * 100))
    keep(cache, 1, 101)
    assert kept(cache) == []
    keep(cache, 2, 100)
    assert kept(cache) == [2]
    keep(cache, 1, 101)
    assert kept(cache) == [2], "and takes no room from others"
    keep(cache, 2, 101)
    assert (kept(cache), cache.bytes) == ([], 0), "nor does what has grown too large stay as it was"


def at(version: int, weight: int = 1, whole: bool = True) -> CachedEpisode:
    """A state at this version."""
    return CachedEpisode(replace(EPISODE, version=version), weight, whole)


def test_an_older_state_does_not_replace_a_newer_one_which_another_thread_kept() -> None:
    cache = Cache(int(FACTOR * 100))
    cache.keep({UUID(int=1): at(3, 60)})
    cache.keep({UUID(int=1): at(2, 40), UUID(int=2): at(1, 40)})
    assert (cache[UUID(int=1)].episode.version, kept(cache)) == (3, [1, 2])
    cache.keep({UUID(int=3): at(1, 1)})
    assert kept(cache) == [2, 3], "what it takes is still known"


@pytest.mark.parametrize("most", [0, 1])
def test_a_cache_that_has_no_room_keeps_nothing(most: int) -> None:
    cache = Cache(most)
    keep(cache, 1, 50)
    assert (len(cache), cache.bytes, cache.tally.evictions) == (0, 0, 0)


def test_threads_that_keep_at_once_lose_count_of_nothing() -> None:
    cache = Cache(int(FACTOR * 1_000))

    def work(thread: int) -> None:
        for turn in range(300):
            keep(cache, (turn * 7 + thread) % 50, turn % 90)
            cache.count([Lookup(cached=True, events=0), Lookup(cached=False, events=2)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert cache.bytes == FACTOR * sum(one.weight for one in cache.values()) <= cache.most
    assert (cache.tally.hits, cache.tally.misses, cache.tally.events) == (1_200, 1_200, 2_400)


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns at every opportunity."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hurried")
def test_while_threads_keep_what_they_read_earlier_no_state_is_seen_to_go_back() -> None:
    cache, one = Cache(1_000), UUID(int=1)

    def work(seed: int) -> list[int]:
        random, seen = Random(seed), []
        for version in range(1, 3_000):
            cache.keep({one: at(max(1, version - random.randint(0, 20)))})
            seen.append(cache[one].episode.version)
        return seen

    with ThreadPoolExecutor(3) as threads:
        for seen in threads.map(work, range(3)):
            assert seen == sorted(seen)


def test_it_tells_what_was_looked_up() -> None:
    cache, registry = Cache(int(FACTOR * 100)), CollectorRegistry()
    registry.register(CacheMetrics(cache))
    cache.count([Lookup(True, 0), Lookup(True, 0), Lookup(True, 3), Lookup(False, 60, False)])
    cache.count([Lookup(False, 2, True), Lookup(False, 3, True)])
    keep(cache, 1, 80)
    keep(cache, 2, 80)
    told = {(one.name, *one.labels.values()): one.value for it in registry.collect() for one in it.samples}
    assert told == {
        ("episodes_cache_lookups_total", "whole"): 2,
        ("episodes_cache_lookups_total", "behind"): 1,
        ("episodes_cache_lookups_total", "nothing"): 3,
        ("episodes_cache_events_read_total",): 68,
        ("episodes_cache_snapshots_used_total",): 2,
        ("episodes_cache_snapshots_passed_over_total",): 1,
        ("episodes_cache_evictions_total",): 1,
        ("episodes_cache_episodes",): 1,
        ("episodes_cache_bytes",): 96,
        ("episodes_cache_limit_bytes",): 120,
    }


@pytest.mark.parametrize(
    ("memory", "bytes"),
    [(256 * MB, 64 * MB), (4096 * MB, 512 * MB), (16_384 * MB, 2_048 * MB), (262_144 * MB, 4_096 * MB)],
)
def test_unless_told_otherwise_it_takes_a_share_of_the_memory(
    memory: int, bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "memory_there_is", lambda: memory)
    assert usual_bytes() == bytes
