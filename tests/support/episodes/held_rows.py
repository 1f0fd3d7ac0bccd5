"""What a follower holds back, kept in memory."""

from dataclasses import dataclass, field
from typing import Any

from episodes.processes.held_back import Held, HeldBack, Kind


@dataclass
class HeldRows:
    """The rows of one follower."""

    rows: dict[tuple[Kind, str], Held] = field(default_factory=dict)
    no_more: set[str] = field(default_factory=set)

    def held(self) -> list[Held]:
        return list(self.rows.values())

    def retired(self) -> set[str]:
        return self.no_more

    def hold(self, held: Held) -> None:
        self.rows[held.kind, held.name] = held

    def release(self, kind: Kind, name: str) -> None:
        del self.rows[kind, name]


class Everything:
    """A log that nobody reads."""

    def info(self, event: str, **more: Any) -> None: ...

    error = info


def nothing_held(*networks: str) -> HeldBack:
    """For a follower of these networks."""
    return HeldBack(HeldRows(), networks, Everything())
