"""The ids that a draft states, found by the marks on its fields."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, partial
from typing import Any, get_args, get_type_hints
from uuid import UUID

from episodes.domain.field_rules import Computed, IdOf, Names, Once

Mark = Names | IdOf | Once


@dataclass(frozen=True, slots=True)
class NamedId:
    """An id that a draft states, and where in the body it stands.

    `mark` says what it must name; none if it names nothing, but is new itself. `among` is where the list
    stands that may have it once only; none if there is no such list.
    """

    mark: Names | IdOf | None
    id: UUID | str
    pointer: str
    among: str | None = None


def ids_in(value: Any, pointer: str = "") -> Iterator[NamedId]:
    """Every id in a draft, or in a value that stands in it, but for the entry inside an amendment."""
    if isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from ids_in(part, f"{pointer}/{place}")
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _ids(type(value), partial(getattr, value), pointer)


def ids_among(kind: type[Any], said: Mapping[str, Any], pointer: str) -> Iterator[NamedId]:
    """Every id in some of the fields of a kind of fact."""
    return _ids(kind, said.get, pointer)


def _ids(kind: Any, said: Callable[[str], Any], pointer: str) -> Iterator[NamedId]:
    for name, marks in _marked(kind):
        part, where = said(name), f"{pointer}/{name}"
        if not marks:
            yield from ids_in(part, where)
            continue
        mark = next((one for one in marks if isinstance(one, Names | IdOf)), None)
        if isinstance(part, tuple):
            yield from (NamedId(mark, one, f"{where}/{place}", where) for place, one in enumerate(part))
        elif part is not None:
            told_apart = any(isinstance(one, Once) for one in marks)
            yield NamedId(mark, part, where, pointer.rpartition("/")[0] if told_apart else None)


@cache
def _marked(cls: type[Any]) -> tuple[tuple[str, tuple[Mark, ...]], ...]:
    """The fields that are ids, with their marks; without marks, those whose value may contain one."""
    hints = get_type_hints(cls, include_extras=True)
    found = [(field.name, list(_marks(hints[field.name]))) for field in fields(cls)]
    return tuple((name, tuple(one for one in marks if one is not None)) for name, marks in found if marks)


def _marks(hint: Any) -> Iterator[Mark | None]:
    """The marks of a field that a caller gives; none where a dataclass inside of it has some."""
    forms = getattr(hint, "__metadata__", ())
    if any(isinstance(form, Computed) for form in forms):
        return
    yield from (form for form in forms if isinstance(form, Names | IdOf | Once))
    for part in (hint, *get_args(hint)):
        if is_dataclass(part) and isinstance(part, type):
            if _marked(part):
                yield None
        elif part is not hint:
            yield from _marks(part)
