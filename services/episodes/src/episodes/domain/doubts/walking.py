"""The parts of a fact that are of one kind, wherever they stand in it."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")


def parts_of(fact: Any, kind: type[T]) -> list[tuple[str, T]]:
    """Each part of a kind in a fact, with the pointer to it. A fact that can hold none costs one look."""
    found: list[tuple[str, T]] = []
    _collect(fact, kind, "", found)
    return found


def _collect(value: Any, kind: Any, pointer: str, found: list[tuple[str, Any]]) -> None:
    """A list and no generators: each command with readings is walked."""
    cls: Any = type(value)
    for name in _holding(cls, kind):
        part = getattr(value, name)
        if isinstance(part, tuple):
            for place, one in enumerate(part):
                _take(one, kind, f"{pointer}/{name}/{place}", found)
        elif part is not None:
            _take(part, kind, f"{pointer}/{name}", found)


def _take(part: Any, kind: Any, pointer: str, found: list[tuple[str, Any]]) -> None:
    if isinstance(part, kind):
        found.append((pointer, part))
    else:
        _collect(part, kind, pointer, found)


def may_hold(cls: Any, kind: Any) -> bool:
    """Whether a fact of this type may hold a part of the kind."""
    return bool(_holding(cls, kind))


@cache
def _holding(cls: Any, kind: Any) -> tuple[str, ...]:
    """The fields of a type that may hold a part of the kind."""
    hints = get_type_hints(cls)
    return tuple(field.name for field in fields(cls) if _may_hold(hints[field.name], kind))


def _may_hold(hint: Any, kind: Any) -> bool:
    if isinstance(hint, type) and is_dataclass(hint):
        return issubclass(hint, kind) or bool(_holding(hint, kind))
    return any(_may_hold(part, kind) for part in get_args(hint))
