"""What deciding needs of an entry: all but what only documents show, of which there is far more.

States of many episodes are kept to decide commands on them. Their entries are in this form; events are
always recorded, published and shown whole.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, get_type_hints

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import SHOWN_ONLY
from episodes.domain.likeness import likeness_of
from episodes.domain.vocabulary import BY_NAME


def for_deciding(entry: RecordedEvent[Any]) -> RecordedEvent[Any]:
    """The entry without what only documents show, and with its likeness, which cannot be told any more."""
    return RecordedEvent(entry.metadata, _without_shown(entry.fact), entry.labels, likeness_of(entry))


def _without_shown(fact: Any) -> Any:
    match fact:
        case EntryCorrected(replacement=whole):
            return replace(fact, replacement=_without_shown(whole))
        case EntryAddedTo(of=of, added=added):
            amended: Any = BY_NAME[of].fact
            shown = shown_only(amended)
            return replace(fact, added={name: said for name, said in added.items() if name not in shown})
        case _:
            kind: Any = type(fact)
            kept = _kept(kind)
            return fact if kept is None else kind(**{name: getattr(fact, name) for name in kept})


@cache
def _kept(kind: Any) -> tuple[str, ...] | None:
    """The fields of a kind of fact that are kept; none if all are."""
    shown = shown_only(kind)
    return tuple(field.name for field in fields(kind) if field.name not in shown) if shown else None


@cache
def shown_only(kind: Any) -> Mapping[str, Any]:
    """The fields of a kind of fact that only documents show, each with its default."""
    hints = get_type_hints(kind, include_extras=True)
    marked = (field for field in fields(kind) if SHOWN_ONLY in getattr(hints[field.name], "__metadata__", ()))
    return {field.name: field.default for field in marked}


def completed(entry: RecordedEvent[Any], whole: RecordedEvent[Any]) -> RecordedEvent[Any]:
    """An entry of a state kept for deciding, with what only documents show from the same entry `whole`."""
    kind: Any = type(whole.fact)
    shown = {name: getattr(whole.fact, name) for name in shown_only(kind)}
    return RecordedEvent(entry.metadata, replace(entry.fact, **shown), entry.labels, entry.likeness)
