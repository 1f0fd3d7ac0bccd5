"""What the database would find of an episode whose events are at hand."""

from collections.abc import Sequence
from typing import Any

from episodes.domain.event import RecordedEvent
from episodes.event_log.episodes import Part
from episodes.event_log.outline import DECIDING, Outline

Entries = Sequence[RecordedEvent[Any]]


def outlined(entries: Entries, knows_client: bool = False) -> Outline:
    """The headers of the first event, of the last, and of those that may change who has a right."""
    headers = [entry.metadata for entry in entries]
    ends = (1, len(headers))
    found = [header for header in headers if header.version in ends or header.type in DECIDING]
    return Outline(found, knows_client)


def selected(entries: Entries, part: Part | None) -> Entries:
    """The events of a part; all if there is none."""
    if part is None:
        return entries
    return [
        one
        for one in entries
        if one.metadata.version > part.after
        and (one.metadata.version <= part.upto or one.metadata.type in part.later)
    ]
