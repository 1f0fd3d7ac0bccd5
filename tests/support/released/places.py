"""Places in a document, by JSON pointer (RFC 6901), following references; and their values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Break:
    """One promise that is broken: where, what, and why users depend on it."""

    document: str
    pointer: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.document}#{self.pointer}: {self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a document. A reference counts as its target, with the target's pointer."""

    document: str
    root: Object
    pointer: str
    value: Any
    named: bool = False

    @classmethod
    def top(cls, document: str, root: Object) -> Self:
        return cls(document, root, "", root)

    def at(self, *path: str | int) -> "Place":
        """A member. A missing one is an empty object."""
        here = self
        for step in path:
            here = here._child(step)
        return here

    def parts(self) -> Iterator[tuple[str, "Place"]]:
        """Each member of an object, by name."""
        return ((name, self.at(name)) for name in self.value)

    def get(self, name: str, default: Any = None) -> Any:
        """The bare value of a member."""
        return self.value.get(name, default)

    def broken(self, what: str, why: str, part: str | None = None) -> Break:
        """A break here, or at a member that may be missing on one side."""
        return Break(self.document, self.pointer if part is None else self._pointer(part), what, why)

    def _child(self, step: str | int) -> "Place":
        value = self.value[step] if isinstance(step, int) else self.value.get(step, {})
        return Place(self.document, self.root, self._pointer(step), value)._followed()

    def _pointer(self, step: str | int) -> str:
        return f"{self.pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"

    def _followed(self) -> "Place":
        if not isinstance(self.value, dict) or "$ref" not in self.value:
            return self
        beside = {name: value for name, value in self.value.items() if name != "$ref"}
        pointer = self.value["$ref"].removeprefix("#")
        value: Any = self.root
        for part in pointer.split("/")[1:]:
            value = value[part.replace("~1", "/").replace("~0", "~")]
        return Place(self.document, self.root, pointer, {**value, **beside}, named=True)._followed()
