"""Projects the log into one build of a view, page by page, each in a transaction with the position."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent
from psycopg import Connection

from care_platform.crash_points import crash_point
from episodes.domain.event import EventMetadata
from episodes.domain.vocabulary import BY_NAME
from episodes.event_log.cache import Cache, Lookup
from episodes.event_log.codec import DataKey, metadata_of
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.positions import Claim, move
from episodes.event_log.stored_form import Damaged, FromLaterRelease, Unreadable
from episodes.event_log.tail import Tail, recorded_at
from episodes.processes.follower import Deposed
from episodes.processes.held_back import Gate, HeldBack, OfOneEpisode, OfOneNetwork
from episodes.processes.progress import Progress

PAGE = 200


class Moved(NamedTuple):
    """The episodes that changed, by id, and the keys they were read with, by key id."""

    episodes: Mapping[UUID, CachedEpisode]
    keys: Mapping[UUID, DataKey]


Write = Callable[[Connection[Any], Moved], None]
Announce = Callable[[Connection[Any]], None]


class Projection:
    """Used by one thread. If `step` raises, this must be discarded; the position says what was written."""

    def __init__(
        self,
        *,
        tail: Tail,
        claim: Claim,
        held: HeldBack,
        write: Write,
        announce: Announce,
        cache: Cache,
        progress: Progress,
        page: int = PAGE,
    ) -> None:
        self._tail = tail
        self._claim = claim
        self._held = held
        self._write = write
        self._announce = announce
        self._cache = cache
        self._progress = progress
        self._page = page
        self.position = progress.position = claim.position

    def step(self) -> int:
        """Project the next page. Returns its number of events.

        The page shows which episodes changed. Their states are read as of now, so a row may be ahead of the
        position, never behind it. An episode that cannot be read keeps the line it has. Raises `Deposed`.
        """
        page = self._tail.page(self.position, self._page)
        if not page:
            self._progress.oldest = None
            return 0
        self._progress.oldest = recorded_at(page)
        moved = _moved(page, self._tail, self._cache, self._held)
        self._held.store(anything_read=bool(moved.episodes))
        self._put(moved, page[-1].id)
        self.position = self._progress.position = page[-1].id
        self._progress.head = max(self._progress.head, self.position)
        self._progress.done += len(page)
        if len(page) < self._page:
            self._progress.oldest = None  # nothing was left to read
        return len(page)

    def _put(self, moved: Moved, position: int) -> None:
        with self._tail.transaction() as connection:
            if not move(connection, self._claim, position):
                raise Deposed("the position is held by a later epoch")
            crash_point("project.after-move")
            if moved.episodes:
                self._write(connection, moved)
            crash_point("project.before-commit")
        crash_point("project.after-commit")
        if moved.episodes:
            self._announce(self._tail.connection)
        self._cache.keep(moved.episodes)

    def try_again(self) -> None:
        """Write the lines of episodes that could not be read, as far as they can be now."""
        self._held.say()
        for episode, after in self._held.due():
            page = self._tail.of_episode(episode, after, self.position, 1)
            gate = OfOneEpisode(self._held)
            moved = _moved(page, self._tail, self._cache, gate)
            if gate.after is None:
                self._put(moved, self.position)
                self._held.done(episode)
            else:
                self._held.still(episode, after, gate.reason)

    def catch_up(self) -> bool:
        """Write the lines of a network that is configured again, a page at a time. False if there is none."""
        due = self._held.network_due()
        if due is None:
            return False
        network, after = due
        page = [event for event in self._tail.page(after, self._page) if event.id <= self.position]
        if page:
            moved = _moved(page, self._tail, self._cache, OfOneNetwork(self._held, network))
            self._held.store(anything_read=True)
            self._put(moved, self.position)
        self._held.network_done(network, page[-1].id if page else self.position, whole=not page)
        return True

    @property
    def held_episodes(self) -> list[UUID]:
        """Those that cannot be read, and have in this build the line they had then, or none."""
        return [UUID(str(episode)) for episode in self._held.episodes]

    def still_mine(self) -> bool:
        """Whether this process may still write the build. If so, it may until the end of the transaction."""
        return move(self._tail.connection, self._claim, self.position)


def _moved(page: Sequence[Notification], tail: Tail, cache: Cache, gate: Gate) -> Moved:
    """The changed episodes of a page, without those already written at that version.

    Those of an erased client are folded again, because cached states were read with the destroyed key. An
    episode that cannot be read is told to the gate.
    """
    last = {event.originator_id: event for event in page}
    asked = {
        header.episode_id: (event.id, header)
        for event in sorted(last.values(), key=lambda event: event.id)
        if (header := _header(event, gate)) is not None
    }
    headers = {one: it for one, it in asked.items() if _version(cache, one) < it[1].version}
    cache.count(Lookup(cached=True, events=0) for _ in asked.keys() - headers.keys())
    if not headers:
        return Moved({}, {})
    keys = tail.keys({(header.network, header.client) for _, header in headers.values()})
    erased = {key.id for key in keys.values() if key.cipher is None}
    before: Mapping[UUID, CachedEpisode | None] = {
        identifier: None if header.key_id in erased else cache.get(identifier)
        for identifier, (_, header) in headers.items()
    }
    newer = tail.newer({one: cached.episode.version if cached else 0 for one, cached in before.items()})
    found: dict[UUID, CachedEpisode] = {}
    for identifier, (position, _) in headers.items():
        try:
            cached = _folded(before[identifier], newer[identifier], keys)
        except Unreadable as why:
            gate.hold(identifier, position, str(why))
        else:
            if cached is not None:
                found[identifier] = cached
    cache.count(Lookup(before[one] is not None, len(newer[one])) for one in found)
    return Moved(found, keys)


def _header(event: Notification, gate: Gate) -> EventMetadata | None:
    """The header of the last event of an episode in a page, if it passes."""
    if gate.waits(event.originator_id, event.id):
        return None
    try:
        header = metadata_of(event)
    except Damaged as damage:
        gate.hold(event.originator_id, event.id, str(damage))
        return None
    return header if gate.passes(header.network, event.id) else None


def _folded(
    before: CachedEpisode | None, newer: Sequence[StoredEvent], keys: Mapping[UUID, DataKey]
) -> CachedEpisode | None:
    """The episode after these events. Raises `Unreadable`, also for one of a later release."""
    for event in newer:
        if event.topic not in BY_NAME:
            raise FromLaterRelease(metadata_of(event).event_id)
    return folded(before, newer, keys)


def _version(cache: Cache, identifier: UUID) -> int:
    cached = cache.get(identifier)
    return 0 if cached is None else cached.episode.version
