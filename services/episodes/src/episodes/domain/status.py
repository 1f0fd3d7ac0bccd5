"""Open, on hold or closed: what the intervals say, now or at a moment."""

from typing import Literal

from episodes.domain.care.closures import closed_at, closure
from episodes.domain.care.holds import on_hold, open_hold
from episodes.domain.episode import Episode
from episodes.domain.time import When

Status = Literal["open", "on_hold", "closed"]


def status(episode: Episode, when: When | None = None) -> Status:
    """The status as of the last event, or as it was at `when` by all that is known now."""
    closed = closure(episode) is not None if when is None else closed_at(episode, when)
    if closed:
        return "closed"
    held = open_hold(episode) is not None if when is None else on_hold(episode, when)
    return "on_hold" if held else "open"
