"""Snapshots: sealed states of episodes, after which only later events have to be read.

They are never a source of truth: where one is missing, damaged, of another form or of another log, all events
are read. A snapshot is sealed with the client's data key, so that it is erased with the client, and bound to
its episode, network, version and form, and to the row of the log at that version: where a restored log goes
on in another way, it does not open.
"""

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from secrets import token_bytes
from typing import NamedTuple
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from episodes.event_log.codec import DataKey, metadata_of
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.state_form import FORM, state_from_bytes, state_to_bytes
from episodes.event_log.stored_form import Damaged

_NONCE = 12


class Unusable(Exception):  # no error: the events are read instead
    """A snapshot that is not of this episode, log or form, or is damaged, or whose client is erased."""


class _Body(msgspec.Struct, array_like=True, frozen=True):
    weight: int
    state: msgspec.Raw


_BODY = msgspec.json.Decoder(_Body)

Snapshots = Mapping[UUID, bytes | None]
"""Sealed snapshots by episode; None for one that cannot be of use, so that all events were read at once."""

Events = Mapping[UUID, Sequence[StoredEvent]]
"""Stored events by episode, oldest first."""

ReadWhole = Callable[[Collection[UUID]], Events]
"""Reads all events of episodes."""


class Started(NamedTuple):
    """States to begin with, and the events to fold into them or into what is cached."""

    states: Mapping[UUID, CachedEpisode]
    events: Events
    used: Mapping[UUID, bool]
    """Whether the snapshot of an episode was of use, where there was one."""


def sealed(cached: CachedEpisode, key: DataKey) -> bytes:
    """The snapshot of a state whose client is not erased and whose last row was read."""
    if key.cipher is None or not cached.row:
        raise ValueError("a snapshot needs the key of its client and the row it is bound to")
    episode, nonce = cached.episode, token_bytes(_NONCE)
    body = msgspec.json.encode(_Body(cached.weight, msgspec.Raw(state_to_bytes(episode))))
    place = _place(episode.network, episode.id, episode.version, key.id, cached.row)
    return nonce + key.cipher.encrypt(nonce, zlib.compress(body, 1), place)


def opened(snapshot: bytes, last: StoredEvent, keys: Mapping[UUID, DataKey]) -> CachedEpisode:
    """The state that was sealed with this event as its last. Raises `Unusable` and `Damaged`."""
    header = metadata_of(last)
    key = keys.get(header.key_id)
    if key is None or key.cipher is None:
        raise Unusable
    row = sha256(last.state).digest()
    place = _place(header.network, header.episode_id, header.version, key.id, row)
    try:
        body = _BODY.decode(zlib.decompress(key.cipher.decrypt(snapshot[:_NONCE], snapshot[_NONCE:], place)))
        return CachedEpisode(state_from_bytes(bytes(body.state)), body.weight, row=row)
    except Exception:  # whatever is wrong with it, the events are there to be read
        raise Unusable from None


def started(snapshots: Snapshots, events: Events, keys: Mapping[UUID, DataKey], whole: ReadWhole) -> Started:
    """What to fold, of snapshots that were each sealed after the first of its episode's events. Of those that
    are of no use all events are read. Snapshots of episodes without events here are left aside.
    """
    states: dict[UUID, CachedEpisode] = {}
    asked = snapshots.keys() & events.keys()
    unusable: set[UUID] = set()
    for episode in asked:
        snapshot = snapshots[episode]
        if snapshot is None:
            continue
        try:
            states[episode] = opened(snapshot, events[episode][0], keys)
        except (Unusable, Damaged):
            unusable.add(episode)
    later = {one: of_one[1:] if one in states else of_one for one, of_one in events.items()}
    if unusable:
        later.update(whole(unusable))
    return Started(states, later, {one: one in states for one in asked})


def _place(network: str, episode: UUID, version: int, key: UUID, row: bytes) -> bytes:
    """What a snapshot is bound to. All but the network is of a fixed length."""
    return (
        b"snapshot" + FORM + episode.bytes + version.to_bytes(8, "big") + key.bytes + row + network.encode()
    )
