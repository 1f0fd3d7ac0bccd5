"""The writer and decisions share one cache: what one of them evicts while the other looks fails nobody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import UUID, uuid4

import pytest

from episodes.event_log.cache import FACTOR, Cache
from episodes.event_log.folding import CachedEpisode
from episodes.recording.commands import Answer
from episodes.recording.postgres.store import PostgresStore
from tests.support.episodes.store_and_writer import Desk, a_desk, a_flag, submitted
from tests.support.servers.postgres import PostgresServer


class Contested(Cache):
    """Has room for one episode, and after each look another thread keeps another one."""

    def __init__(self, identifier: UUID, cached: CachedEpisode, other: ThreadPoolExecutor) -> None:
        super().__init__(int(FACTOR * cached.weight) + 1)
        self._other = other
        self.keep({identifier: cached})

    def __getitem__(self, identifier: UUID) -> CachedEpisode:
        found = super().__getitem__(identifier)
        another = uuid4()
        self._other.submit(self.keep, {another: found}).result()
        assert list(self) == [another], "what was looked up is evicted"
        return found


@pytest.fixture(scope="module")
def desk(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return a_desk(postgres, tmp_path_factory.mktemp("shared-cache"))


@pytest.fixture
def store(desk: Desk) -> Iterator[PostgresStore]:
    with closing(desk.store()) as store:
        yield store


async def test_an_episode_evicted_while_a_batch_is_read_does_not_fail_the_batch(
    desk: Desk, store: PostgresStore
) -> None:
    episode = desk.opened(store)
    flags = [desk.command(a_flag(), episode) for _ in range(3)]
    known = store.read(flags, Cache(0)).episodes[episode]
    with ThreadPoolExecutor(1) as other:
        assert store.read(flags, Contested(episode, known, other)).episodes[episode] is known
        cache = Contested(episode, known, other)
        async with desk.writer(store, cache) as writer:
            outcomes = await submitted(writer, flags)
    assert [type(outcome) for outcome in outcomes] == [Answer] * 3
    assert desk.versions(episode) == [1, 2, 3, 4]
    assert (cache.tally.hits, cache.tally.misses) == (1, 0), "they were decided together, from what was found"
