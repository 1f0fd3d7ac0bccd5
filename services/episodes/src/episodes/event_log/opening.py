"""Opening stored events one by one, where one that cannot be opened must hold up its own episode alone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from episodes.domain.event import FromLaterRelease, RecordedEvent
from episodes.event_log.codec import DataKey, SealedEvent, decrypt
from episodes.event_log.stored_form import OfLaterRelease


def opened(event: SealedEvent, keys: Mapping[UUID, DataKey]) -> RecordedEvent[Any]:
    """The event as recorded, or redacted once its client is erased.

    Raises `Damaged`, and `OfLaterRelease` for what only a later release can read: it is no erasure.
    """
    try:
        entry = decrypt(event, keys)
    except ValidationError:
        raise OfLaterRelease(f"event {event.metadata.event_id} has a payload of another form") from None
    if isinstance(entry.fact, FromLaterRelease):
        raise OfLaterRelease(f"event {event.metadata.event_id} is of a later release")
    return entry
