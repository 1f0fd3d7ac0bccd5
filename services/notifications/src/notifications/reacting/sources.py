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

    `position` is where to continue after them; `caught_up` means that there was nothing more to read.
    """

    lane: str
    network: str
    position: str
    messages: Sequence[Message] = ()
    caught_up: bool = False


class Source(Protocol):
    async def start(self, positions: Mapping[str, str]) -> None:
        """Go to the stored positions, by lane. A lane without one starts at its first message."""
        ...

    async def read(self) -> Sequence[Batch]:
        """The next batches, after a few seconds at most. Raises `SourceUnavailable`."""
        ...

    async def close(self) -> None: ...
