"""The one entry that an addition is about, read whole: it fills what that entry left out.

States that are kept for deciding have their entries without what only documents show.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from episodes.domain.care.amendment_steps import original
from episodes.domain.care.amendments import Amendment, EntryAddedTo
from episodes.domain.deciding import completed
from episodes.domain.episode import Episode, blank
from episodes.domain.event import RecordedEvent
from episodes.domain.refusals import Unknown
from episodes.domain.vocabulary import evolve_all
from episodes.errors import Conflict
from episodes.event_log.codec import DataKey, decode
from episodes.event_log.stored_form import Unreadable
from episodes.recording.commands import CommandRequest
from episodes.recording.store import ReadSet

Stored = Callable[[Collection[tuple[UUID, int]]], Iterable[StoredEvent]]
"""Reads events by their episodes and versions."""


def take_whole_entries(read_set: ReadSet, commands: Sequence[CommandRequest], stored: Stored) -> None:
    """Read the events that make the entries whole to which these commands add something."""
    entries = [entry for command in commands if (entry := _entry(read_set, command)) is not None]
    versions = {_place(entry): _versions(read_set, entry) for entry in entries}
    places = {(episode, version) for (episode, _), all_of in versions.items() for version in all_of}
    found = {(one.originator_id, one.originator_version): one for one in (stored(places) if places else ())}
    keys = {key.id: key for key in read_set.keys.values()}
    for (episode, event), all_of in versions.items():
        try:
            whole = _whole([found[episode, version] for version in all_of], keys)
        except Unreadable as unreadable:
            read_set.unreadable[episode] = unreadable
            continue
        if whole is not None:
            read_set.whole_entries[event] = read_set.episodes[episode].episode.version, whole


def with_whole_entry(read_set: ReadSet, request: CommandRequest, episode: Episode) -> Episode:
    """The episode to decide on. Raises `Conflict` if it was recorded in since the entry was read: an earlier
    command of the batch may have amended it.
    """
    entry = _entry(read_set, request)
    if entry is None or entry.likeness is None:
        return episode
    version, whole = read_set.whole_entries.get(entry.metadata.event_id, (None, entry))
    if version != episode.version:
        raise Conflict
    return episode.with_parts(
        tuple(completed(one, whole) if one is entry else one for one in episode.entries), episode.spans
    )


def _entry(read_set: ReadSet, request: CommandRequest) -> RecordedEvent[Any] | None:
    """The entry that a command adds to; none if it adds to none, or names none that is there."""
    cached = None if request.episode is None else read_set.episodes.get(request.episode)
    if cached is None or not isinstance(request.draft, EntryAddedTo):
        return None
    try:
        return original(cached.episode, request.about)
    except Unknown:
        return None


def _place(entry: RecordedEvent[Any]) -> tuple[UUID, UUID]:
    return entry.metadata.episode_id, entry.metadata.event_id


def _versions(read_set: ReadSet, entry: RecordedEvent[Any]) -> list[int]:
    """The versions of the entry and of what amended it, oldest first."""
    episode, event = _place(entry)
    amendments = read_set.episodes[episode].episode.of(Amendment)
    amended = (one.metadata.version for one in amendments if one.fact.event == event)
    return [entry.metadata.version, *amended]


def _whole(events: Sequence[StoredEvent], keys: Mapping[UUID, DataKey]) -> RecordedEvent[Any] | None:
    """The entry as it stands, from the events that made it so; none if its client was erased."""
    entries = [decode(event, keys) for event in events]
    return evolve_all(blank(entries[0]), entries).entry(entries[0].metadata.event_id)
