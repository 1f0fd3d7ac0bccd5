"""Every doubt about what a command recorded, whether it is new, added to an entry, or corrects one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from episodes.domain.care.amendments import Amendment, EntryAddedTo, EntryCorrected
from episodes.domain.decision import Command
from episodes.domain.doubts.ages import contradicting_ages
from episodes.domain.doubts.days import doubtful_days
from episodes.domain.doubts.doubles import doubled_entries
from episodes.domain.doubts.doubt import BESIDE, Doubt, Told
from episodes.domain.doubts.instruments import doubtful_instruments
from episodes.domain.doubts.performers import doubtful_performer
from episodes.domain.doubts.readings import doubtful_readings
from episodes.domain.doubts.sites import doubtful_sites
from episodes.domain.doubts.times import contradicting_times
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.vocabulary import BY_FACT

LOOKS: tuple[Callable[[Told], Iterator[Doubt]], ...] = (
    contradicting_times,
    doubtful_days,
    contradicting_ages,
    doubtful_readings,
    doubtful_sites,
    doubtful_instruments,
    doubtful_performer,
    doubled_entries,
)

_BESIDE_A_REPLACEMENT = MappingProxyType({"/performer": "/performed_by", BESIDE: "/happened_at"})
"""Where a correction states what stands beside the fact when an entry is recorded."""


def doubts(episode: Episode, recorded: RecordedEvent[Any], command: Command[Any]) -> Iterator[Doubt]:
    """What looks wrong in what a command told. `recorded` is its first event, `episode` the state after."""
    amendment = recorded.fact
    if not isinstance(amendment, Amendment):
        yield from _doubts(_told(recorded, episode, command))
        return
    entry = None if amendment.event is None else episode.entry(amendment.event)
    if entry is None:
        return
    for doubt in _doubts(_told(entry, episode, command)):
        match amendment:
            case EntryCorrected():
                pointer = _BESIDE_A_REPLACEMENT.get(doubt.pointer, f"/replacement{doubt.pointer}")
                yield replace(doubt, pointer=pointer)
            case EntryAddedTo() if _field(doubt) in amendment.added:
                yield replace(doubt, pointer=f"/added{doubt.pointer}")


def _told(entry: RecordedEvent[Any], episode: Episode, command: Command[Any]) -> Told:
    return Told(entry, episode, command, BY_FACT[type(entry.fact)].time_at)


def _doubts(told: Told) -> Iterator[Doubt]:
    for look in LOOKS:
        yield from look(told)


def _field(doubt: Doubt) -> str:
    """The field of the entry to which the pointer leads."""
    return doubt.pointer.split("/")[1] if doubt.pointer else ""
