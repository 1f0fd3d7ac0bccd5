"""Every id that a caller may state is looked up, wherever it stands; the exceptions are listed here."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given as for_all

from episodes.domain.care.closures import GoalOutcome
from episodes.domain.care.plans import Goal
from episodes.domain.field_rules import Computed, IdOf, Names, Once, PartOf
from episodes.domain.named_ids import ids_in
from episodes.domain.vocabulary import BY_NAME, COMMANDS
from episodes.recording.commands import Circumstances
from tests.support.episodes.random_facts import facts

NOT_LOOKED_UP = {"visit": "the id is the caller's own: no visit is kept here"}
"""What the mark of an id may be that is not looked up, each with the reason."""

STATED = [*(step.fact for step in COMMANDS), Circumstances]


def ids_of(kind: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The fields of type UUID that a caller gives, with the marks that stand around each."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        yield from _ids_of(hints[field.name], f"{path}/{field.name}", ())


def _ids_of(hint: Any, path: str, marks: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    marks = (*marks, *getattr(hint, "__metadata__", ()))
    if any(isinstance(mark, Computed | PartOf) for mark in marks):
        return
    if hint is UUID:
        yield path, marks
    elif is_dataclass(hint) and isinstance(hint, type):
        yield from ids_of(hint, path)
    for part in get_args(hint):
        yield from _ids_of(part, path, marks)


ALL = [pytest.param(marks, id=kind.__name__ + path) for kind in STATED for path, marks in ids_of(kind)]


def test_the_walk_meets_ids_in_lists_and_nested_values() -> None:
    met = {str(one.id) for one in ALL}
    assert {"PlanRefined/evidence", "SessionDelivered/participants/id", "Circumstances/on_behalf_of"} <= met
    assert "SessionChecked/screening/items/clearance_id" in met


@pytest.mark.parametrize("marks", ALL)
def test_an_id_says_what_it_names_and_that_is_looked_up(marks: tuple[Any, ...]) -> None:
    [mark] = [one for one in marks if isinstance(one, Names | IdOf)]
    if isinstance(mark, IdOf) and mark.what not in NOT_LOOKED_UP:
        assert mark.what in ("event", "episode", "goal")
        assert mark.of == "" or mark.of in BY_NAME


def _stated(value: Any, pointer: str = "") -> Iterator[str]:
    if isinstance(value, UUID):
        yield pointer
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from _stated(part, f"{pointer}/{place}")
    elif is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value), include_extras=True)
        for field in fields(value):
            marks = getattr(hints[field.name], "__metadata__", ())
            if not any(isinstance(mark, Computed | PartOf) for mark in marks):
                yield from _stated(getattr(value, field.name), f"{pointer}/{field.name}")


@for_all(facts())
def test_every_id_in_a_draft_is_found_where_it_stands(draft: Any) -> None:
    found = [one.pointer for one in ids_in(draft) if isinstance(one.id, UUID)]
    assert found == list(_stated(draft))


@pytest.mark.parametrize(("kind", "name"), [(Goal, "id"), (GoalOutcome, "goal")])
def test_a_goal_is_told_apart_by_its_id(kind: type[Any], name: str) -> None:
    hint = get_type_hints(kind, include_extras=True)[name]
    assert any(isinstance(mark, Once) for mark in hint.__metadata__)
