"""What may still be known of an episode that was read before its client was, perhaps, erased."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from episodes.event_log.codec import DataKey
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.stored_form import Damaged


def still_known(cached: CachedEpisode | None, keys: Mapping[UUID, DataKey]) -> CachedEpisode | None:
    """A cached state; if the client was erased since, what reading it anew gives: all of it has the client's
    one key. `keys` were read after it was.

    Raises `Damaged` if there is no such key.
    """
    if cached is None or not cached.episode.entries:
        return cached
    key = keys.get(cached.episode.entries[0].metadata.key_id)
    if key is None:
        raise Damaged(f"the key of client {cached.episode.client} is not found")
    if key.cipher is not None:
        return cached
    erased = replace(cached.episode, entries=(), spans=(), judged_until=None)
    return replace(cached, episode=erased, whole=False)
