"""Rebuilding an episode's state from its stored events."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from episodes.application.known import Cached
from episodes.application.recording import DataKey, loaded
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode
from episodes.domain.steps import evolve


def fold(entries: Iterable[Recorded[Any]]) -> Episode | None:
    """The episode these events make; none if there is none."""
    episode: Episode | None = None
    for entry in entries:
        episode = evolve(episode, entry)
    return episode


def folded(cached: Cached | None, states: Iterable[bytes], keys: Mapping[UUID, DataKey]) -> Cached | None:
    """The episode after `states`, which follow the cached version; none if there is no event at all."""
    episode: Episode | None = cached.episode if cached is not None else None
    weight = cached.weight if cached is not None else 0
    for state in states:
        episode = evolve(episode, loaded(state, keys))
        weight += len(state)
    return None if episode is None else Cached(episode, weight)
