"""A cache of recently used episodes, bounded in bytes. It only saves reading them again."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from care_platform.memory import memory_there_is
from episodes.event_log.folding import CachedEpisode

FACTOR = 1.2
"""How many times larger cached states are than their stored events, at most, measured as resident memory: 1.2
for terse events, 1.1 for usual ones in episodes of ten, 0.92 in those of sixty (`bench/cached_size.py`)."""

SHARE = 1 / 8
"""The share of the memory that a cache takes unless told otherwise. On one machine the API has one, `project`
another, and the database wants its own."""
LEAST, MOST = 64 * 1024 * 1024, 4 * 1024 * 1024 * 1024
"""The least and the most that it takes unless told otherwise, in bytes."""


class Lookup(NamedTuple):
    """What reading one episode took: whether a state was there, and how many events had to be read."""

    cached: bool
    events: int
    snapshot: bool | None = None
    """Whether the snapshot that was there was of use; None if there was none."""


@dataclass(slots=True)
class Tally:
    """What was looked up since the process began."""

    hits: int = 0
    """States that were there and up to date."""
    behind: int = 0
    """States that were there, and in whose episodes another process has recorded since."""
    misses: int = 0
    """Episodes that were not there, and were read after a snapshot, or whole."""
    events: int = 0
    """The events that were read and folded for them."""
    snapshots: int = 0
    """Snapshots that these were read after."""
    passed_over: int = 0
    """Snapshots that were of no use, so that all events were read."""
    evictions: int = 0
    """States that were dropped to make room."""


class Cache(Mapping[UUID, CachedEpisode]):
    """Drops the least recently kept first. Any thread may keep and get: states are immutable and complete.

    A state with events that could not be read is not kept, so that the next reader reads it again, and what
    was kept of the episode goes: its client is erased. Nor does one replace a newer one, which another thread
    may have kept meanwhile.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most = most_bytes
        self._weight = 0
        self.tally = Tally()
        self._kept: OrderedDict[UUID, CachedEpisode] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> float:
        """The size of the kept states, about."""
        return FACTOR * self._weight

    def keep(self, episodes: Mapping[UUID, CachedEpisode]) -> None:
        with self._lock:
            for identifier, cached in episodes.items():
                self._keep(identifier, cached)
            while self.bytes > self.most:
                self._drop(next(iter(self._kept)))
                self.tally.evictions += 1

    def _keep(self, identifier: UUID, cached: CachedEpisode) -> None:
        old = self._kept.get(identifier)
        newest = old if cached.whole and old and old.episode.version > cached.episode.version else cached
        if not newest.whole or FACTOR * newest.weight > self.most:
            self._drop(identifier)  # one that has no room takes none from the others
            return
        self._weight += newest.weight - (old.weight if old else 0)
        self._kept[identifier] = newest  # in place, so that others find the old state or the new one
        self._kept.move_to_end(identifier)

    def _drop(self, identifier: UUID) -> None:
        dropped = self._kept.pop(identifier, None)
        self._weight -= dropped.weight if dropped else 0

    def clear(self) -> None:
        """Drop all. What was looked up stays counted."""
        with self._lock:
            self._kept.clear()
            self._weight = 0

    def count(self, lookups: Iterable[Lookup]) -> None:
        """Tell what was looked up; an episode that does not exist is no look-up."""
        with self._lock:
            for cached, events, snapshot in lookups:
                self.tally.events += events
                self.tally.snapshots += snapshot is True
                self.tally.passed_over += snapshot is False
                if not cached:
                    self.tally.misses += 1
                elif events:
                    self.tally.behind += 1
                else:
                    self.tally.hits += 1

    def __getitem__(self, identifier: UUID) -> CachedEpisode:
        return self._kept[identifier]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def usual_bytes() -> int:
    """How much a cache takes unless told otherwise."""
    return int(min(max(SHARE * memory_there_is(), LEAST), MOST))
