"""Projects the log into one build of a view, page by page, each in a transaction with the position."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Notification
from psycopg import Connection

from care_platform.crash_points import crash_point
from episodes.domain.episode import Episode
from episodes.domain.vocabulary import BY_NAME
from episodes.event_log.cache import Cache
from episodes.event_log.codec import metadata_of
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.positions import Claim, move
from episodes.event_log.tail import Tail
from episodes.processes.follower import Deposed, FromLaterReleaseError
from episodes.processes.progress import Progress

PAGE = 200

Write = Callable[[Connection[Any], Sequence[Episode]], None]
Announce = Callable[[Connection[Any]], None]


class Projection:
    """Used by one thread. If `step` raises, this must be discarded; the position says what was written."""

    def __init__(
        self,
        *,
        tail: Tail,
        claim: Claim,
        write: Write,
        announce: Announce,
        cache: Cache,
        progress: Progress,
        page: int = PAGE,
    ) -> None:
        self._tail = tail
        self._claim = claim
        self._write = write
        self._announce = announce
        self._cache = cache
        self._progress = progress
        self._page = page
        self.position = progress.position = claim.position

    def step(self) -> int:
        """Project the next page. Returns its number of events.

        The page shows which episodes changed. Their states are read as of now, so a row may be ahead of the
        position, never behind it. Raises `Deposed` or `FromLaterReleaseError`.
        """
        page = self._tail.page(self.position, self._page)
        if not page:
            self._progress.oldest = None
            return 0
        self._progress.oldest = metadata_of(page[0]).recorded_at
        moved = _moved(page, self._tail, self._cache)
        with self._tail.transaction() as connection:
            if not move(connection, self._claim, page[-1].id):
                raise Deposed("the position is held by a later epoch")
            crash_point("project.after-move")
            if moved:
                self._write(connection, [cached.episode for cached in moved.values()])
            crash_point("project.before-commit")
        crash_point("project.after-commit")
        if moved:
            self._announce(self._tail.connection)
        self._cache.keep(moved)
        self.position = self._progress.position = page[-1].id
        self._progress.head = max(self._progress.head, self.position)
        self._progress.done += len(page)
        if len(page) < self._page:
            self._progress.oldest = None  # nothing was left to read
        return len(page)

    def still_mine(self) -> bool:
        """Whether this process may still write the build. If so, it may until the end of the transaction."""
        return move(self._tail.connection, self._claim, self.position)


def _moved(page: Sequence[Notification], tail: Tail, cache: Cache) -> dict[UUID, CachedEpisode]:
    """The changed episodes of a page, without those already written at that version.

    Those of an erased client are folded again, because cached states were read with the destroyed key.
    """
    for event in page:
        if event.topic not in BY_NAME:
            raise FromLaterReleaseError(event.topic)
    last = {event.originator_id: event for event in page}
    newest = [metadata_of(event) for event in last.values()]
    headers = {
        metadata.episode_id: metadata
        for metadata in newest
        if _version(cache, metadata.episode_id) < metadata.version
    }
    if not headers:
        return {}
    keys = tail.keys({(metadata.network, metadata.client) for metadata in headers.values()})
    erased = {key.id for key in keys.values() if key.cipher is None}
    before: Mapping[UUID, CachedEpisode | None] = {
        identifier: None if metadata.key_id in erased else cache.get(identifier)
        for identifier, metadata in headers.items()
    }
    newer = tail.newer({one: cached.episode.version if cached else 0 for one, cached in before.items()})
    found = {identifier: folded(before[identifier], newer[identifier], keys) for identifier in before}
    return {identifier: cached for identifier, cached in found.items() if cached is not None}


def _version(cache: Cache, identifier: UUID) -> int:
    cached = cache.get(identifier)
    return 0 if cached is None else cached.episode.version
