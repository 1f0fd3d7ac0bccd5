"""Every doubt about what a command recorded, whether it is new, added to an entry, or corrects one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from episodes.domain.care.amendments import Amendment, EntryAddedTo, EntryCorrected
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import Command
from episodes.domain.doubts.ages import OF_AGES, contradicting_ages
from episodes.domain.doubts.days import doubtful_days
from episodes.domain.doubts.doubles import DOUBLED, doubled_entries
from episodes.domain.doubts.doubt import BESIDE, Doubt, Told
from episodes.domain.doubts.parts import LOOKED_AT, doubtful_parts
from episodes.domain.doubts.performers import doubtful_performer
from episodes.domain.doubts.times import contradicting_times
from episodes.domain.doubts.walking import may_hold
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.vocabulary import BY_FACT

Look = Callable[[Told], Iterator[Doubt]]

LOOKS: Mapping[Look, Callable[[type[Any]], bool]] = MappingProxyType(
    {
        contradicting_times: lambda kind: True,
        doubtful_days: lambda kind: True,
        contradicting_ages: lambda kind: kind in OF_AGES,
        doubtful_parts: lambda kind: may_hold(kind, LOOKED_AT),
        doubtful_performer: lambda kind: kind is SessionDelivered,
        doubled_entries: lambda kind: kind in DOUBLED,
    }
)
"""What is looked for, and in which kinds of facts."""

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
    kind: Any = type(told.entry.fact)
    for look in _looks(kind):
        yield from look(told)


@cache
def _looks(kind: Any) -> tuple[Look, ...]:
    return tuple(look for look, fits in LOOKS.items() if fits(kind))


def _field(doubt: Doubt) -> str:
    """The field of the entry to which the pointer leads."""
    return doubt.pointer.split("/")[1] if doubt.pointer else ""
