"""A doubt about what was recorded, and what is looked at to find one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from episodes.domain.decision import Command
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent

F = TypeVar("F")

BESIDE = "/occurred_at"
"""Where the time stands if it is said beside the fact."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The rule by its name in the vocabulary, and a JSON pointer to what looks wrong; never a clinical value.

    `detail` is a sentence that says more than the rule, if there is more to say.
    """

    rule: str
    pointer: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as a command told it: recorded, added to or corrected. `episode` is the state after it, and
    `time_at` the field that says when it happened.
    """

    entry: RecordedEvent[Any]
    episode: Episode
    command: Command[Any]
    time_at: str = BESIDE

    def others(self, kind: type[F]) -> Iterator[RecordedEvent[F]]:
        """The other entries of a kind, oldest first."""
        own = self.entry.metadata.event_id.int  # numbers compare faster than ids do
        return (one for one in self.episode.of(kind) if one.metadata.event_id.int != own)
