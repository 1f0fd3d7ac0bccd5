"""Rebuilding an episode's state from its stored events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from episodes.domain.episode import Episode, blank
from episodes.domain.event import RecordedEvent, Redacted
from episodes.domain.vocabulary import evolve_all
from episodes.event_log.codec import DataKey, decode_for_deciding
from episodes.event_log.stored_form import Damaged


@dataclass(frozen=True, slots=True)
class CachedEpisode:
    """An episode at its version, without what only documents show. `weight` is the size of its stored events
    in bytes.

    `whole` is false if an event could not be read, because the client is erased. `row` is the SHA-256 of the
    last event as it is stored; empty if it was not read, but recorded by this process.
    """

    episode: Episode
    weight: int
    whole: bool = True
    row: bytes = b""


def fold(entries: Sequence[RecordedEvent[Any]], before: Episode | None = None) -> Episode | None:
    """The episode after these events, which follow `before`. None if there is no event at all.

    Raises `Damaged`.
    """
    if not entries:
        return before
    start = before or blank(entries[0])
    check_history(start, entries)
    return evolve_all(start, entries)


def folded(
    cached: CachedEpisode | None, events: Sequence[StoredEvent], keys: Mapping[UUID, DataKey]
) -> CachedEpisode | None:
    """The episode after these stored events, which follow the cached one, as far as deciding needs it. None
    if there is no event at all.

    Raises `Unreadable`: what follows from an event that this release cannot read is nobody's guess.
    """
    if not events:
        return cached
    entries = [decode_for_deciding(event, keys) for event in events]
    episode = fold(entries, None if cached is None else cached.episode)
    assert episode is not None
    weight = (0 if cached is None else cached.weight) + sum(len(event.state) for event in events)
    whole = (cached is None or cached.whole) and not any(isinstance(one.fact, Redacted) for one in entries)
    return CachedEpisode(episode, weight, whole, sha256(events[-1].state).digest())


def check_history(before: Episode, entries: Sequence[RecordedEvent[Any]]) -> None:
    """Check that these are the next events of an episode: of its client and network, no version missing."""
    whose = (before.id, before.client, before.network)
    for version, metadata in enumerate((entry.metadata for entry in entries), before.version + 1):
        if metadata.version != version:
            raise Damaged(f"event {metadata.event_id} stands where version {version} of its episode belongs")
        if (metadata.episode_id, metadata.client, metadata.network) != whose:
            raise Damaged(f"event {metadata.event_id} is not of the client and network of its episode")
