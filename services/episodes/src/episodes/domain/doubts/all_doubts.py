"""Every doubt about what a command recorded, whether it is new, added to an entry, or corrects one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from episodes.domain.care.amendments import Amendment, EntryAddedTo, EntryCorrected
from episodes.domain.decision import Command
from episodes.domain.doubts.ages import contradicting_ages
from episodes.domain.doubts.doubt import Doubt, Told
from episodes.domain.doubts.performers import unfit_performer
from episodes.domain.doubts.times import contradicting_times
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent

LOOKS: tuple[Callable[[Told], Iterator[Doubt]], ...] = (
    contradicting_times,
    contradicting_ages,
    unfit_performer,
)


def doubts(episode: Episode, recorded: RecordedEvent[Any], command: Command[Any]) -> Iterator[Doubt]:
    """What looks wrong in what a command told. `recorded` is its first event, `episode` the state after."""
    amendment = recorded.fact
    if not isinstance(amendment, Amendment):
        yield from _doubts(Told(recorded, episode, command))
        return
    entry = None if amendment.event is None else episode.entry(amendment.event)
    if entry is None:
        return
    for doubt in _doubts(Told(entry, episode, command)):
        match amendment:
            case EntryCorrected():
                yield replace(doubt, pointer=f"/replacement{doubt.pointer}")
            case EntryAddedTo() if _field(doubt) in amendment.added:
                yield replace(doubt, pointer=f"/added{doubt.pointer}")


def _doubts(told: Told) -> Iterator[Doubt]:
    for look in LOOKS:
        yield from look(told)


def _field(doubt: Doubt) -> str:
    """The field of the entry to which the pointer leads."""
    return doubt.pointer.split("/")[1] if doubt.pointer else ""
