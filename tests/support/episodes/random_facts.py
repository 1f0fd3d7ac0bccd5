"""Any fact that the types allow, for property tests: built from the type hints and their metadata."""

import types
from collections.abc import Collection
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from episodes.domain.field_rules import Between, CodeList, Length, OneOf, PartOf
from episodes.domain.step import Step
from episodes.domain.vocabulary import STEPS
from episodes.recording.amendment_bodies import AMENDABLE, part_of

IDS = tuple(UUID(int=1_000 + number) for number in range(60))
"""The ids of the events that a property test records, so that drawn facts may name one."""

_LONG_AGO, _LAST = datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("2199-12-30")
_MARCH, _APRIL = datetime.fromisoformat("2026-03-01"), datetime.fromisoformat("2026-04-01")


moments: st.SearchStrategy[datetime] = st.one_of(
    [
        st.datetimes(first, last, timezones=st.just(UTC))
        for first, last in ((_MARCH, _APRIL), (_LONG_AGO, _LAST))
    ]
)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    int: st.integers(0, 20),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    UUID: st.sampled_from(IDS) | st.uuids(),
    date: moments.map(datetime.date),
    datetime: moments,
}


def facts() -> st.SearchStrategy[Any]:
    """Any fact that may be recorded."""
    return st.one_of([drawn(step.fact) for step in STEPS])


def drawn(kind: Any) -> st.SearchStrategy[Any]:
    """An instance of a dataclass of the domain. Optional fields are sometimes left out."""
    held = part_of(kind)
    if held is None:
        return _drawn(kind).map(lambda said: kind(**said))
    return st.sampled_from(AMENDABLE).flatmap(lambda of: _amendment(kind, held, of))


def _amendment(kind: Any, held: tuple[str, PartOf], of: Step) -> st.SearchStrategy[Any]:
    """An amendment of an entry of the kind `of`, with the whole entry or some fields."""
    name, part = held
    payload = drawn(of.fact) if part.whole else _drawn(of.fact, every=False)
    said = st.tuples(_drawn(kind, but={name, "of"}), payload)
    return said.map(lambda both: kind(**both[0], **{name: both[1], "of": of.name}))


def _drawn(kind: Any, every: bool = True, but: Collection[str] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Values for the fields of a dataclass; without `every`, even required ones may be missing."""
    hints = get_type_hints(kind, include_extras=True)
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for field in fields(kind):
        if field.name not in but:
            chosen = required if field.default is MISSING and every else optional
            chosen[field.name] = _of(hints[field.name])
    return st.fixed_dictionaries(required, optional=optional)


def _of(hint: Any, form: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _of(parts[0], (*form, *parts[1:]))
    if origin in (Union, types.UnionType):
        return st.one_of([_of(part, form) for part in parts])
    if origin is tuple:
        return st.lists(_of(parts[0]), max_size=2).map(tuple)
    if is_dataclass(hint):
        assert isinstance(hint, type)
        return drawn(hint)
    return _plain(hint, form)


def _plain(hint: Any, form: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if hint is types.NoneType:
        return st.none()
    for part in form:
        match part:
            case OneOf(words=words):
                return st.sampled_from(words)
            case CodeList(codes=codes):
                return st.sampled_from(sorted(codes))
            case Between(low, high) if hint is int:
                return st.integers(int(low), int(high))
            case Between(low, high):
                return st.floats(low, high)
            case Length(most, least):
                return st.text(
                    st.characters(codec="utf-8"), min_size=least, max_size=max(least, min(most, 8))
                )
    return _PLAIN[hint]
