"""The cache keeps what was kept last, and no more of it than it may."""

from uuid import UUID

from episodes.event_log.cache import FACTOR, Cache
from episodes.event_log.folding import CachedEpisode
from tests.support.episodes.care_facts import OPENED
from tests.support.episodes.scenario import replayed

EPISODE = replayed((OPENED,))


def keep(cache: Cache, number: int, weight: int) -> None:
    cache.keep({UUID(int=number): CachedEpisode(EPISODE, weight)})


def kept(cache: Cache) -> list[int]:
    return [identifier.int for identifier in cache]


def test_the_least_recently_kept_goes_first_once_there_is_too_much() -> None:
    cache = Cache(FACTOR * 100)
    for number in (1, 2):
        keep(cache, number, 50)
    assert (kept(cache), len(cache)) == ([1, 2], 2)
    keep(cache, 1, 50)
    keep(cache, 3, 1)
    assert kept(cache) == [1, 3]
    keep(cache, 4, 49)
    assert kept(cache) == [1, 3, 4]
    assert cache[UUID(int=1)] == CachedEpisode(EPISODE, 50)


def test_what_could_not_be_read_whole_is_not_kept_and_takes_nothing_else_away() -> None:
    cache = Cache(FACTOR * 100)
    keep(cache, 1, 50)
    cache.keep({UUID(int=number): CachedEpisode(EPISODE, 60, whole=False) for number in (1, 2)})
    assert kept(cache) == [1]
    keep(cache, 3, 50)
    assert kept(cache) == [1, 3], "nor does it count"


def test_what_grew_counts_once_and_what_went_counts_no_more() -> None:
    cache = Cache(FACTOR * 100)
    keep(cache, 1, 60)
    keep(cache, 1, 80)
    keep(cache, 2, 20)
    assert kept(cache) == [1, 2]
    keep(cache, 3, 1)
    assert kept(cache) == [2, 3]
    keep(cache, 4, 79)
    assert kept(cache) == [2, 3, 4]


def test_one_that_is_too_large_is_not_kept() -> None:
    cache = Cache(FACTOR * 100)
    keep(cache, 1, 101)
    assert kept(cache) == []
    keep(cache, 2, 100)
    assert kept(cache) == [2]
