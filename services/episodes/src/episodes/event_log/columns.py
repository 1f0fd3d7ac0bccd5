"""Objects of one class as columns: of each field its different values, and which of them each object has.

What many objects say alike, such as a technique or who acted, is stored once, and once read it is one object
in memory.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import repeat
from typing import Any, get_type_hints

import msgspec

ENCODER = msgspec.json.Encoder()
"""JSON, because it keeps the offsets of times, as events do: msgspec's MessagePack makes all of them UTC."""

Column = tuple[Sequence[Any], Sequence[int]]
"""The different values, and which of them each object has; nothing of the latter where all have one."""


class Columns:
    """The columns of a frozen dataclass. `form` is their type, which msgspec reads."""

    def __init__(self, cls: type[Any]) -> None:
        hints = get_type_hints(cls)
        self._cls = cls
        self._names = tuple(field.name for field in fields(cls))
        self._setters = [(name, getattr(cls, name).__set__) for name in self._names]
        columns: list[Any] = [(name, column_of(hints[name])) for name in self._names]
        self.form: Any = msgspec.defstruct(cls.__name__, columns, array_like=True, frozen=True)

    def of(self, objects: Sequence[Any]) -> Any:
        """The columns of these objects."""
        return self.form(*(distinct([getattr(one, name) for one in objects]) for name in self._names))

    def objects(self, columns: Any, count: int) -> list[Any]:
        """So many objects of these columns. A column is set at once, four times as fast as the class is
        called with the values of each row: as many objects are made as the episode has entries.
        """
        objects = list(map(object.__new__, repeat(self._cls, count)))
        for name, setter in self._setters:
            deque(map(setter, objects, spread(getattr(columns, name), count)), maxlen=0)
        return objects


def column_of(values: Any) -> Any:
    """The type of a column of values of this type."""
    return tuple[list[values], list[int]]


def distinct(values: Iterable[Any]) -> Column:
    """The column of these values; those that are written alike are one."""
    kept: list[Any] = []
    which: list[int] = []
    places: dict[bytes, int] = {}
    for value in values:
        place = places.setdefault(ENCODER.encode(value), len(kept))
        if place == len(kept):
            kept.append(value)
        which.append(place)
    return kept, which if len(kept) > 1 else ()


def spread(column: Column, count: int) -> Iterable[Any]:
    """The values of so many objects, in order."""
    values, which = column
    return map(values.__getitem__, which) if which or not values else repeat(values[0], count)
