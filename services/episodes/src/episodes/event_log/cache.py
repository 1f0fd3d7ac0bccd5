"""A cache of recently used episodes, bounded in bytes. It only saves reading them again."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from uuid import UUID

from episodes.event_log.folding import CachedEpisode

FACTOR = 2
"""How many times larger folded objects are than their stored events: 2,070 bytes for 1,187, measured."""


class Cache(Mapping[UUID, CachedEpisode]):
    """Drops the least recently kept first. One thread writes; others may call `get` and see complete states.

    A state with events that could not be read is not kept, so that the next reader reads it again.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[UUID, CachedEpisode] = OrderedDict()

    def keep(self, episodes: Mapping[UUID, CachedEpisode]) -> None:
        for identifier, cached in episodes.items():
            if not cached.whole:
                continue
            old = self._kept.pop(identifier, None)
            self._bytes += FACTOR * (cached.weight - (old.weight if old else 0))
            self._kept[identifier] = cached
        while self._bytes > self._most:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= FACTOR * dropped.weight

    def __getitem__(self, identifier: UUID) -> CachedEpisode:
        return self._kept[identifier]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)
