"""Rebuilding an episode's state from its stored events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from episodes.domain.episode import Episode, blank
from episodes.domain.event import RecordedEvent, Redacted
from episodes.domain.vocabulary import evolve_all
from episodes.event_log.codec import DataKey, decode


@dataclass(frozen=True, slots=True)
class CachedEpisode:
    """An episode at its version. `weight` is the size of its stored events in bytes.

    `whole` is false if an event could not be read: the client is erased, or the event is of a later release.
    """

    episode: Episode
    weight: int
    whole: bool = True


def fold(entries: Sequence[RecordedEvent[Any]], before: Episode | None = None) -> Episode | None:
    """The episode after these events, which follow `before`. None if there is no event at all."""
    return evolve_all(before or blank(entries[0]), entries) if entries else before


def folded(
    cached: CachedEpisode | None, states: Sequence[bytes], keys: Mapping[UUID, DataKey]
) -> CachedEpisode | None:
    """The episode after these stored events, which follow the cached one. None if there is no event at all.

    Raises `Damaged`.
    """
    if not states:
        return cached
    entries = [decode(state, keys) for state in states]
    before = blank(entries[0]) if cached is None else cached.episode
    weight = (0 if cached is None else cached.weight) + sum(map(len, states))
    whole = (cached is None or cached.whole) and not any(isinstance(one.fact, Redacted) for one in entries)
    return CachedEpisode(evolve_all(before, entries), weight, whole)
