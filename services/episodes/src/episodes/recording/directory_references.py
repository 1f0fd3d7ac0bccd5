"""The rows of the directory that a command names, found by the marks on its fields."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

from episodes.domain.care.amendments import EntryAddedTo
from episodes.domain.field_rules import Names, PartOf
from episodes.domain.vocabulary import BY_NAME


@dataclass(frozen=True, slots=True)
class DirectoryReference:
    """A row of the directory that a command names, and where in the body."""

    table: str
    id: UUID
    pointer: str


def references_in(value: Any, pointer: str = "") -> Iterator[DirectoryReference]:
    """Every row that a fact names, directly or in a nested value."""
    for name, part, table in _parts(value):
        where = f"{pointer}/{name}"
        if table is None:
            yield from references_in(part, where)
        elif part is not None:
            yield DirectoryReference(table, part, where)


def _parts(value: Any) -> Iterator[tuple[str | int, Any, str | None]]:
    """The parts of a value that may name rows; with a table if the part is itself the id of a row."""
    if isinstance(value, EntryAddedTo):
        kind: Any = BY_NAME[value.of].fact
        return ((f"added/{name}", value.added.get(name), table) for name, table in _naming(kind))
    if isinstance(value, tuple):
        return ((place, part, None) for place, part in enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        return ((name, getattr(value, name), table) for name, table in _naming(type(value)))
    return iter(())


@cache
def _naming(cls: type[Any]) -> tuple[tuple[str, str | None], ...]:
    """The fields of `cls` that name a row, with its table; with None, those whose value may contain one."""
    hints = get_type_hints(cls, include_extras=True)
    found = [(field.name, list(_marks(hints[field.name]))) for field in fields(cls)]
    return tuple((name, marks[0]) for name, marks in found if marks)


def _marks(hint: Any) -> Iterator[str | None]:
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, Names):
            yield mark.table
        elif isinstance(mark, PartOf):
            yield None
    for part in get_args(hint):
        if is_dataclass(part) and isinstance(part, type):
            if _naming(part):
                yield None
        else:
            yield from _marks(part)
    if is_dataclass(hint) and isinstance(hint, type) and _naming(hint):
        yield None
