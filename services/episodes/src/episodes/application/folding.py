"""Rebuilding an episode's state from its stored events."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from episodes.application.known import Cached
from episodes.application.recording import DataKey, loaded
from episodes.domain.envelope import Recorded, Redacted
from episodes.domain.episode import Episode, blank
from episodes.domain.steps import evolve_all


def fold(entries: Sequence[Recorded[Any]], before: Episode | None = None) -> Episode | None:
    """The episode these events make after what was `before` them; none if there is no event at all."""
    return evolve_all(before or blank(entries[0]), entries) if entries else before


def folded(cached: Cached | None, states: Sequence[bytes], keys: Mapping[UUID, DataKey]) -> Cached | None:
    """The episode after `states`, which follow the cached version; none if there is no event at all.

    Raises `Damaged`.
    """
    if not states:
        return cached
    entries = [loaded(state, keys) for state in states]
    before = blank(entries[0]) if cached is None else cached.episode
    weight = (0 if cached is None else cached.weight) + sum(map(len, states))
    whole = (cached is None or cached.whole) and not any(isinstance(one.fact, Redacted) for one in entries)
    return Cached(evolve_all(before, entries), weight, whole)
