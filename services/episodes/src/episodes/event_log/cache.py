"""Recently used episodes, bounded in bytes. A help for the next read, never a source by itself."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from uuid import UUID

from episodes.event_log.folding import CachedEpisode

FACTOR = 2
"""How much larger folded objects are than their stored events: 2,070 bytes for 1,187, measured."""


class Cache(Mapping[UUID, CachedEpisode]):
    """Least recently kept goes first. Written by one thread; `get` from others sees whole states.

    A state that could not be read whole is not kept: whoever asks next reads it anew.
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
