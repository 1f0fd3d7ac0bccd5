"""An episode's state as bytes, read in a small part of the time that folding its events takes.

The entries are kept as they stand, as deciding needs them; what follows from them is derived anew. The bytes
say nothing of what wrote them: whoever keeps them keeps `FORM` beside them.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
from msgspec import inspect

from episodes.domain.deciding import shown_only
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.vocabulary import STEPS, derived
from episodes.event_log.codec import fact_from_json, fact_to_json
from episodes.event_log.columns import ENCODER, Column, Columns, column_of, distinct, spread

FOLD = 1
"""The version of what events make of the entries of a state, to be raised with every change of it."""

_HEADERS = Columns(EventMetadata)
_FACTS: Mapping[str, Columns] = MappingProxyType(
    {step.name: Columns(step.fact) for step in STEPS if Any not in get_type_hints(step.fact).values()}
)
"""The kinds whose fields are all of one type. An amendment has one that depends on the entry it is about."""


class _State(msgspec.Struct, array_like=True, frozen=True):
    id: UUID
    network: str
    clinic: UUID
    client: UUID
    version: int
    sequence: int
    recorded_at: datetime | None
    headers: _HEADERS.form  # type: ignore[name-defined] # made of a class
    labels: column_of(tuple[str, ...])  # type: ignore[valid-type] # the same
    likeness: Sequence[int | None]
    facts: dict[str, msgspec.Raw]


_DECODER = msgspec.json.Decoder(_State)
_FACT_DECODERS = {name: msgspec.json.Decoder(columns.form) for name, columns in _FACTS.items()}
_AMENDMENTS = msgspec.json.Decoder(list[msgspec.Raw])


def state_to_bytes(episode: Episode) -> bytes:
    """The state of an episode whose facts are all there to be read."""
    facts: Mapping[str, list[Any]] = defaultdict(list)
    for entry in episode.entries:
        facts[entry.metadata.type].append(entry.fact)
    state = _State(
        episode.id,
        episode.network,
        episode.clinic,
        episode.client,
        episode.version,
        episode.sequence,
        episode.recorded_at,
        _HEADERS.of([entry.metadata for entry in episode.entries]),
        distinct(entry.labels for entry in episode.entries),
        [entry.likeness for entry in episode.entries],
        {name: msgspec.Raw(_facts_to_bytes(name, of_a_kind)) for name, of_a_kind in facts.items()},
    )
    return ENCODER.encode(state)


def state_from_bytes(state: bytes) -> Episode:
    """The same state. Raises `msgspec.MsgspecError` for bytes of another form."""
    kept = _DECODER.decode(state)
    count = len(kept.likeness)
    headers = _HEADERS.objects(kept.headers, count)
    of_a_kind = Counter(header.type for header in headers)
    facts = {name: iter(_facts_from_bytes(name, raw, of_a_kind[name])) for name, raw in kept.facts.items()}
    labels: Column = kept.labels
    entries = tuple(
        RecordedEvent(header, next(facts[header.type]), of_it, alike)
        for header, of_it, alike in zip(headers, spread(labels, count), kept.likeness, strict=True)
    )
    return derived(
        Episode(
            id=kept.id,
            network=kept.network,
            clinic=kept.clinic,
            client=kept.client,
            version=kept.version,
            sequence=kept.sequence,
            recorded_at=kept.recorded_at,
            entries=entries,
        )
    )


def _facts_to_bytes(name: str, facts: Sequence[Any]) -> bytes:
    if name in _FACTS:
        return ENCODER.encode(_FACTS[name].of(facts))
    return ENCODER.encode([msgspec.Raw(fact_to_json(name, fact)) for fact in facts])


def _facts_from_bytes(name: str, facts: msgspec.Raw, count: int) -> list[Any]:
    if name in _FACTS:
        return _FACTS[name].objects(_FACT_DECODERS[name].decode(facts), count)
    return [fact_from_json(name, bytes(one)) for one in _AMENDMENTS.decode(facts)]


def _form() -> bytes:
    """A digest of what the bytes depend on: the fold, what deciding needs of each fact and what that consists
    of, and Python's hash, which likeness rests on.
    """
    facts: list[tuple[str, Any]] = [(step.name, step.fact) for step in STEPS]
    kept = [(name, sorted(shown_only(fact))) for name, fact in facts]
    parts = inspect.multi_type_info([_State, *(columns.form for columns in _FACTS.values())])
    return sha256(repr((FOLD, sys.version_info[:2], kept, parts)).encode()).digest()


FORM = _form()
"""Differs between releases that would not read the same from the same bytes."""
