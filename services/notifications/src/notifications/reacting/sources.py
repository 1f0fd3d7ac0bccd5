"""What `consume` reads from, be it Kafka or the feed: batches of messages and the position after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from notifications.reacting.messages import Message


class SourceUnavailable(Exception):
    """Nothing can be read now: begin again from the stored position. The reason quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one lane (a partition, or a network's feed) in order.

    `position` is where reading goes on once they are taken in; `caught_up`: there was nothing more to read.
    """

    lane: str
    network: str
    position: str
    messages: Sequence[Message] = ()
    caught_up: bool = False


class Source(Protocol):
    async def start(self, positions: Mapping[str, str]) -> None:
        """Go to the stored positions, by lane; a lane without one begins with its first message."""
        ...

    async def read(self) -> Sequence[Batch]:
        """Wait a few seconds at most. Raises `SourceUnavailable`."""
        ...

    async def close(self) -> None: ...
