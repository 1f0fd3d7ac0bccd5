"""States for deciding in which nobody may read what only documents show."""

from dataclasses import replace
from typing import Any

from episodes.domain.care.amendments import EntryCorrected
from episodes.domain.deciding import SHOWN_OF_HEADERS, for_deciding, shown_only
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.vocabulary import evolve


class Poison:
    """Stands in a field that nobody may read: whatever is done with it fails."""

    def _fails(self, *_: object) -> Any:
        raise AssertionError("a decision reads what only documents show")

    __eq__ = __hash__ = __bool__ = __iter__ = __len__ = __lt__ = __gt__ = __getattr__ = __repr__ = _fails


POISON = Poison()


def poisoned(entry: RecordedEvent[Any]) -> RecordedEvent[Any]:
    """The entry as deciding needs it, with poison in place of what only documents show."""
    told = for_deciding(entry)
    poison: Any = dict.fromkeys(SHOWN_OF_HEADERS, POISON)
    told = replace(told, metadata=replace(told.metadata, **poison))
    if isinstance(told.fact, EntryCorrected):
        return replace(told, fact=replace(told.fact, replacement=_with_poison(told.fact.replacement)))
    return replace(told, fact=_with_poison(told.fact))


def _with_poison(fact: Any) -> Any:
    kind: Any = type(fact)
    return replace(fact, **dict.fromkeys(shown_only(kind), POISON))


def evolve_poisoned(episode: Episode | None, entry: RecordedEvent[Any]) -> Episode:
    return evolve(episode, poisoned(entry))
