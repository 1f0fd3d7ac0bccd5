"""What `consume` reads from, Kafka or the feed: batches of messages with the position after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from notifications.reacting.messages import Message


class SourceUnavailable(Exception):
    """Nothing can be read now: start over from the stored position. The reason quotes no content."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one lane (a partition, or a network's feed) in order.

    `position` is where to continue after them; `caught_up` means that there was nothing more to read. For
    Kafka `topic` is the id of the topic whose offset the position is, and `deleted` counts the offsets before
    it that were deleted unread.
    """

    lane: str
    network: str
    position: str
    messages: Sequence[Message] = ()
    caught_up: bool = False
    topic: str | None = None
    deleted: int = 0


class Source(Protocol):
    async def start(self, positions: Mapping[str, str], topics: Mapping[str, str]) -> None:
        """Go to the stored positions, by lane, with the ids of their topics. A lane without one, or whose
        position means nothing any more, starts at its first message."""
        ...

    async def read(self) -> Sequence[Batch]:
        """The next batches, after a few seconds at most. Raises `SourceUnavailable`."""
        ...

    async def close(self) -> None: ...
