"""The parts of a fact that are of some kinds, wherever they stand in it."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

Kinds = tuple[type[Any], ...]


def parts_of(fact: Any, kinds: Kinds) -> list[tuple[str, Any]]:
    """Each part of these kinds in a fact, with the pointer to it. One that can hold none costs one look."""
    found: list[tuple[str, Any]] = []
    _collect(fact, kinds, "", found)
    return found


def _collect(value: Any, kinds: Kinds, pointer: str, found: list[tuple[str, Any]]) -> None:
    """A list and no generators: each command with readings is walked."""
    cls: Any = type(value)
    for name in _holding(cls, kinds):
        part = getattr(value, name)
        if isinstance(part, tuple):
            for place, one in enumerate(part):
                _take(one, kinds, f"{pointer}/{name}/{place}", found)
        elif part is not None:
            _take(part, kinds, f"{pointer}/{name}", found)


def _take(part: Any, kinds: Kinds, pointer: str, found: list[tuple[str, Any]]) -> None:
    if isinstance(part, kinds):
        found.append((pointer, part))
    else:
        _collect(part, kinds, pointer, found)


def may_hold(cls: Any, kinds: Kinds) -> bool:
    """Whether a fact of this type may hold a part of these kinds."""
    return bool(_holding(cls, kinds))


@cache
def _holding(cls: Any, kinds: Kinds) -> tuple[str, ...]:
    """The fields of a type that may hold a part of these kinds."""
    hints = get_type_hints(cls)
    return tuple(field.name for field in fields(cls) if _may_hold(hints[field.name], kinds))


def _may_hold(hint: Any, kinds: Kinds) -> bool:
    if isinstance(hint, type) and is_dataclass(hint):
        return issubclass(hint, kinds) or bool(_holding(hint, kinds))
    return any(_may_hold(part, kinds) for part in get_args(hint))
