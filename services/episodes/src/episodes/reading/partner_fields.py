"""Which fields of a fact a partner may read: an allow-list made from the types and the marks beside them.

Values are shown: numbers, times, codes and words of a kind the client consented to share. An id is shown if
its mark says what it is the id of, and that is a part of the record or a partner. Ids of staff, clients and
other episodes, ids without a mark, and types unknown here are not, nor is anything that holds one of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints
from uuid import UUID

from episodes.domain.breaches import Breach
from episodes.domain.field_rules import EPISODE, PARTNER, IdOf
from episodes.domain.values import HealthUpdate, Screening

_VALUES = frozenset({str, int, float, bool, datetime, date, NoneType})
_SCREENING = frozenset({Screening, HealthUpdate, Breach})
"""What is said of these inside another event goes to a partner only with the kind `screening` as well."""


@cache
def partner_fields(fact: type[Any]) -> Mapping[str, bool]:
    """The fields of a fact for partners, each with whether it needs the kind `screening` as well."""
    hints = get_type_hints(fact, include_extras=True)
    leaves = {field.name: list(_leaves(hints[field.name])) for field in fields(fact)}
    return {
        name: any(leaf in _SCREENING for leaf, _ in found)
        for name, found in leaves.items()
        if all(_may_be_shown(leaf, marks) for leaf, marks in found)
    }


def _leaves(hint: Any, marks: tuple[Any, ...] = ()) -> Iterable[tuple[Any, tuple[Any, ...]]]:
    """The types in a hint, each with the marks that stand around it."""
    marks = (*marks, *getattr(hint, "__metadata__", ()))
    parts = [part for part in get_args(hint) if part is not Ellipsis and part not in marks]
    if not parts:
        yield hint, marks
    for part in parts:
        yield from _leaves(part, marks)


def _may_be_shown(leaf: Any, marks: tuple[Any, ...]) -> bool:
    if leaf is UUID:
        return any(mark == PARTNER or (isinstance(mark, IdOf) and mark != EPISODE) for mark in marks)
    if isinstance(leaf, type) and is_dataclass(leaf):
        return partner_fields(leaf).keys() == {field.name for field in fields(leaf)}
    return leaf in _VALUES
