"""What deciding needs of an entry: all but what only documents show, of which there is far more.

States of many episodes are kept to decide commands on them. Their entries are in this form; events are
always recorded, published and shown whole.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from types import MappingProxyType
from typing import Any, get_type_hints
from uuid import UUID

from episodes.domain.care.amendments import Amendment, EntryAddedTo, EntryCorrected
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.field_rules import SHOWN_ONLY
from episodes.domain.likeness import COMPARED, likeness_of
from episodes.domain.vocabulary import BY_NAME

NOBODY = UUID(int=0)
SHOWN_OF_HEADERS: Mapping[str, Any] = MappingProxyType(
    {
        "command_id": NOBODY,
        "correlation_id": NOBODY,
        "on_behalf_of": None,
        "purpose": None,
        "causation_id": None,
        "traceparent": None,
    }
)
"""What only documents show of a header, and what stands in its place."""


def for_deciding(entry: RecordedEvent[Any], before: EventMetadata | None = None) -> RecordedEvent[Any]:
    """The entry without what only documents show, and with its likeness, which cannot be told any more.

    Ids and words that the header of the entry before has too are kept once.
    """
    header = _header(entry.metadata, before or entry.metadata)
    return RecordedEvent(header, _without_shown(entry.fact), entry.labels, likeness_of(entry))


def with_header_for_deciding(entry: RecordedEvent[Any]) -> RecordedEvent[Any]:
    """The same of an entry that was read with such a header already, and with the fields of its fact alone
    that deciding needs, where those are enough to tell its likeness.
    """
    kind: Any = type(entry.fact)
    if not read_whole(kind):
        return RecordedEvent(entry.metadata, entry.fact, entry.labels, likeness_of(entry))
    return RecordedEvent(entry.metadata, _without_shown(entry.fact), entry.labels, likeness_of(entry))


def read_whole(kind: type[Any]) -> bool:
    """Whether a fact of this kind is needed whole to tell its likeness."""
    return kind in COMPARED or issubclass(kind, Amendment)


def _header(header: EventMetadata, before: EventMetadata) -> EventMetadata:
    """In full: `replace` takes twice as long, and each command asks for it."""
    clinic, performer, key = before.clinic, before.performer, before.key_id
    at, recorded_at = header.occurred_at, header.recorded_at
    return EventMetadata(
        event_id=header.event_id,
        type=header.type,
        episode_id=header.episode_id,
        version=header.version,
        network=header.network,
        clinic=clinic if clinic == header.clinic else header.clinic,
        occurred_at=at,
        precision=header.precision,
        zone=before.zone if before.zone == header.zone else header.zone,
        recorded_at=at if at == recorded_at else recorded_at,
        origin=header.origin,
        actor=before.actor if before.actor == header.actor else header.actor,
        client=header.client,
        command_id=NOBODY,
        correlation_id=NOBODY,
        key_id=key if key == header.key_id else header.key_id,
        performer=performer if performer == header.performer else header.performer,
        sequence=header.sequence,
    )


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
