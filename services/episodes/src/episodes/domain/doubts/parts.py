"""Parts of an entry that look wrong by themselves: readings, goals and results of instruments."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from episodes.domain.care.plans import Goal
from episodes.domain.doubts.doubt import Doubt, Told
from episodes.domain.doubts.instruments import doubtful_result
from episodes.domain.doubts.readings import doubtful_reading
from episodes.domain.doubts.sites import doubtful_goal, doubtful_place
from episodes.domain.doubts.walking import parts_of
from episodes.domain.values import InstrumentResult, Reading

_LOOKS: Mapping[type[Any], tuple[Callable[[Any, str], Iterator[Doubt]], ...]] = MappingProxyType(
    {
        Reading: (doubtful_reading, doubtful_place),
        Goal: (doubtful_goal,),
        InstrumentResult: (doubtful_result,),
    }
)
"""What is looked at, given each part and the pointer to it."""

LOOKED_AT = tuple(_LOOKS)


def doubtful_parts(told: Told) -> Iterator[Doubt]:
    """What looks wrong in these parts, wherever they stand in an entry."""
    for pointer, part in parts_of(told.entry.fact, LOOKED_AT):
        for look in _LOOKS[type(part)]:
            yield from look(part, pointer)
