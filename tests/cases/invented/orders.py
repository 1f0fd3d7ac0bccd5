"""Other orders in which the same facts may arrive: what a command names comes before it, the rest is free."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from demo.scripts import Step
from tests.cases.invented.reading import Invented


def needed(case: Invented) -> dict[str, set[str]]:
    """What must have arrived before each step: what its path and body name, and what the case says."""
    steps = [step.name for step in case.script.steps]
    opening = steps[0]
    return {
        step.name: {
            *({opening} - {step.name}),
            *case.after.get(step.name, ()),
            *(name for name in _named(step) if name in steps),
        }
        for step in case.script.steps
    }


def backwards(case: Invented) -> list[str]:
    """Everything as late as it can be: of what may come next, always the last of the script."""
    return list(_ordered(case, lambda ready: ready[-1]))


def shuffled(case: Invented, seed: int) -> list[str]:
    """Any of the possible orders, the same for each seed."""
    return list(_ordered(case, Random(seed).choice))


def _ordered(case: Invented, choose: Any) -> Iterator[str]:
    left = _recorded(case)
    sent: set[str] = set()
    before = needed(case)
    while left:
        step = choose([name for name in left if before[name] <= sent])
        left.remove(step)
        sent.add(step)
        yield step


def _recorded(case: Invented) -> list[str]:
    """The steps of which nothing is refused."""
    return [step.name for step in case.script.steps if case.expected(step.name).refused is None]


def _named(step: Step) -> Iterator[str]:
    yield from (part[1:] for part in step.post.split("/") if part.startswith("$"))
    yield from _in(step.body)


def _in(value: Mapping[str, Any] | Sequence[Any] | object) -> Iterator[str]:
    match value:
        case str() if value.startswith("$"):
            yield value[1:]
        case dict():
            for part in value.values():
                yield from _in(part)
        case list():
            for part in value:
                yield from _in(part)
