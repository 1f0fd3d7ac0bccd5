"""The ids that a draft states, found by the marks on its fields."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, partial
from typing import Any, NamedTuple, get_args, get_type_hints
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
    for field in _marked(kind):
        part = said(field.name)
        if part is None:
            continue
        where = f"{pointer}/{field.name}"
        if field.nested:
            yield from ids_in(part, where)
        elif isinstance(part, tuple):
            yield from (NamedId(field.mark, one, f"{where}/{place}", where) for place, one in enumerate(part))
        else:
            yield NamedId(field.mark, part, where, pointer.rpartition("/")[0] if field.once else None)


@cache
def marks_of(cls: Any) -> frozenset[Mark]:
    """All marks of a kind of fact, so that who looks for others need not look at each fact."""
    hints = get_type_hints(cls, include_extras=True)
    own = {mark for field in _marked(cls) for mark in _marks(hints[field.name]) if mark is not None}
    inner = (marks_of(part) for field in _marked(cls) for part in _classes(hints[field.name]))
    return frozenset(own).union(*inner)


def _classes(hint: Any) -> Iterator[Any]:
    for part in (hint, *get_args(hint)):
        if is_dataclass(part) and isinstance(part, type):
            yield part
        elif part is not hint:
            yield from _classes(part)


class _Field(NamedTuple):
    """A field that is an id, or whose value may contain one (`nested`)."""

    name: str
    nested: bool
    mark: Names | IdOf | None
    once: bool


@cache
def _marked(cls: Any) -> tuple[_Field, ...]:
    """The fields that are or may contain ids."""
    hints = get_type_hints(cls, include_extras=True)
    found = [(field.name, list(_marks(hints[field.name]))) for field in fields(cls)]
    return tuple(_field(name, [one for one in marks if one is not None]) for name, marks in found if marks)


def _field(name: str, marks: Sequence[Mark]) -> _Field:
    mark = next((one for one in marks if isinstance(one, Names | IdOf)), None)
    return _Field(name, not marks, mark, any(isinstance(one, Once) for one in marks))


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
