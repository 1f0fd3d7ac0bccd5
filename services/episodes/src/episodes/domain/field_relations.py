"""What the fields of one object must be together, as data: the edge refuses by it, and its schema states it.

Storage ignores these rules like those of single fields, because history is not re-validated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class ExactlyOneOf:
    """One of these fields is given, and no other of them."""

    names: Sequence[str]
    """The names of the fields."""
    words: str
    """The rule as a caller is told it."""
    rule: ClassVar[str] = "exactly_one_of"

    def kept(self, said: object) -> bool:
        return sum(_given(said, name) for name in self.names) == 1


@dataclass(frozen=True, slots=True)
class AtLeastOneOf:
    """One of these fields is given, or several."""

    names: Sequence[str]
    """The names of the fields."""
    words: str
    """The rule as a caller is told it."""
    rule: ClassVar[str] = "at_least_one_of"

    def kept(self, said: object) -> bool:
        return any(_given(said, name) for name in self.names)


@dataclass(frozen=True, slots=True)
class Needs:
    """If the field is given, the other is too; with a `word`, if the field has that word."""

    name: str
    """The name of the field that needs another."""
    other: str
    """The name of the field that it needs."""
    words: str
    """The rule as a caller is told it."""
    word: str | None = None
    """The word with which alone the field needs the other; with any word where there is none."""
    rule: ClassVar[str] = "needs"

    def kept(self, said: object) -> bool:
        asked = _given(said, self.name) if self.word is None else getattr(said, self.name) == self.word
        return not asked or _given(said, self.other)


Relation = ExactlyOneOf | AtLeastOneOf | Needs


def _given(said: object, name: str) -> bool:
    """Null is as if the field were left out, and an empty list says nothing."""
    return getattr(said, name) not in (None, ())


class Related:
    """A value whose fields are related."""

    __slots__ = ()
    relations: ClassVar[Sequence[Relation]] = ()

    def faults(self) -> Iterator[Relation]:
        """The relations that do not hold."""
        return (relation for relation in self.relations if not relation.kept(self))


def schema_of(relations: Sequence[Relation]) -> dict[str, Any]:
    """The relations as JSON Schema has them.

    A choice stands under `if`, where generators of clients look for no types: beside `properties`, some take
    `oneOf` or `anyOf` for the whole of the type.
    """
    schema: dict[str, Any] = {}
    for relation in relations:
        match relation:
            case ExactlyOneOf(names=names):
                schema |= {"if": {"oneOf": _each(names)}, "else": _NOTHING}
            case AtLeastOneOf(names=names):
                schema |= {"if": {"anyOf": _each(names)}, "else": _NOTHING}
            case Needs(name=name, other=other, word=None):
                schema.setdefault("dependentRequired", {}).setdefault(name, []).append(other)
            case Needs(name=name, other=other, word=word):
                schema |= {"if": {"properties": {name: {"const": word}}}, "then": {"required": [other]}}
    return schema


_NOTHING = {"not": dict[str, Any]()}
"""The schema of nothing at all."""


def _each(names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"required": [name]} for name in names]
