"""The parts of a fact that are of one kind, wherever they stand in it."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")


def parts_of(value: Any, kind: type[T], pointer: str = "") -> Iterator[tuple[str, T]]:
    """Each part of a kind in a fact, with the pointer to it. A fact that can hold none costs one look."""
    if isinstance(value, kind):
        yield pointer, value
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from parts_of(part, kind, f"{pointer}/{place}")
    elif is_dataclass(value) and not isinstance(value, type):
        held: Any = kind
        for name in _holding(type(value), held):
            part = getattr(value, name)
            if part:
                yield from parts_of(part, kind, f"{pointer}/{name}")


@cache
def _holding(cls: Any, kind: Any) -> tuple[str, ...]:
    """The fields of a type that may hold a part of the kind."""
    hints = get_type_hints(cls)
    return tuple(field.name for field in fields(cls) if _may_hold(hints[field.name], kind))


def _may_hold(hint: Any, kind: Any) -> bool:
    if isinstance(hint, type) and is_dataclass(hint):
        return issubclass(hint, kind) or bool(_holding(hint, kind))
    return any(_may_hold(part, kind) for part in get_args(hint))
