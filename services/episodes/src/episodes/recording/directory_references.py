"""What a command names outside of its episode: rows of the directory, and other episodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.field_rules import EPISODE, IdOf, Names
from episodes.domain.named_ids import NamedId, ids_among, ids_in, marks_of
from episodes.domain.vocabulary import BY_NAME


@dataclass(frozen=True, slots=True)
class DirectoryReference:
    """A row of the directory that a command names, and where in the body.

    With `or_in` it may be a row of that table instead.
    """

    table: str
    id: UUID
    pointer: str
    or_in: str | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,) if self.or_in is None else (self.table, self.or_in)


@dataclass(frozen=True, slots=True)
class EpisodeReference:
    """Another episode that a command names, and where in the body."""

    id: UUID
    pointer: str


def references_in(draft: Any) -> Iterator[DirectoryReference]:
    """Every row of the directory that a fact names, directly or in a nested value."""
    for one in _named(draft) if _may_name(_kind(draft), Names) else ():
        if isinstance(one.mark, Names) and isinstance(one.id, UUID):
            yield DirectoryReference(one.mark.table, one.id, one.pointer, one.mark.or_in)


def episodes_in(draft: Any) -> Iterator[EpisodeReference]:
    """Every other episode that a fact names."""
    for one in _named(draft) if _may_name(_kind(draft), IdOf) else ():
        if one.mark == EPISODE and isinstance(one.id, UUID):
            yield EpisodeReference(one.id, one.pointer)


@cache
def _may_name(kind: Any, mark: type[Names] | type[IdOf]) -> bool:
    """Whether a fact of the kind may name a row, or another episode; an amendment may by its entry."""
    if issubclass(kind, EntryAddedTo | EntryCorrected):
        return True
    return any(isinstance(one, mark) and (mark is Names or one == EPISODE) for one in marks_of(kind))


def _kind(draft: Any) -> Any:
    return type(draft)


def _named(draft: Any) -> Iterator[NamedId]:
    """Every id in a draft, and in the entry inside an amendment."""
    if isinstance(draft, EntryAddedTo):
        yield from ids_among(BY_NAME[draft.of].fact, draft.added, "/added")
    if isinstance(draft, EntryCorrected):
        yield from ids_in(draft.replacement, "/replacement")
    yield from ids_in(draft)
