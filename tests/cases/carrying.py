"""Finds every fact of a case in what is sent: each is left out once, and the difference must hold its words.

So what is sent for another fact's sake does not pass for this one, and nothing has to be marked as read.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from demo.commands import commands_of
from demo.scripts import Case, NotUnderstood
from demo.setting import read_setting
from laptop.course.chart import Made
from tests.episodes.scenario import NOW

TABLE = Path(__file__).with_name("not_carried.toml")
CLIENT, TODAY = UUID(int=1), NOW.date()

Place = tuple[str | int, ...]
Sent = frozenset[tuple[str, str]]
"""Where something is said, and what, in small letters."""


@dataclass(frozen=True)
class Line:
    """One of the table: a place (`[*]` for any index, `.*` for all below) and its values, if not all."""

    place: str
    reason: str
    values: Sequence[object] = ()
    case: str | None = None

    def covers(self, case: str, place: str, value: Any) -> bool:
        whole = self.place.removesuffix(".*")
        below = whole != self.place and place.startswith((f"{whole}.", f"{whole}["))
        meant = not self.values or value in self.values
        return (below or place == self.place) and meant and self.case in (None, case)


def read_table(part: str) -> list[Line]:
    """`not_carried`, or `carried_otherwise`: what is told in another form than the report's words."""
    return [Line(**line) for line in tomllib.loads(TABLE.read_text(encoding="utf-8"))[part]]


def facts(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every leaf of a case."""
    match value:
        case dict():
            for name, part in value.items():
                yield from facts(part, (*place, name))
        case list():
            for index, part in enumerate(value):
                yield from facts(part, (*place, index))
        case _:
            yield place, value


def named(place: Place) -> str:
    """As the table writes it."""
    written = "".join("[*]" if isinstance(part, int) else f".{part}" for part in place)
    return written.removeprefix(".")


def lost(case: Case, otherwise: Sequence[Line]) -> list[tuple[str, Any]]:
    """The facts that are in nothing that is sent."""
    whole = sent(case)
    return [
        (named(place), value)
        for place, value in facts(case)
        if value is not None and not _carried(case, whole, place, value, otherwise)
    ]


def sent(case: Case) -> Sent:
    """Everything said in the commands of a case, each with its place."""
    said: set[tuple[str, str]] = set()
    for command in commands_of(case, read_setting(), CLIENT, TODAY):
        said.add((command.step, _plain(command.resource)))
        said.update(_texts(command.step, command.body))
    return frozenset(said)


def _carried(case: Case, whole: Sent, place: Place, value: Any, otherwise: Sequence[Line]) -> bool:
    missing = _sent_without(case, place)
    if missing is not None and missing == whole:
        return False
    if any(line.covers(case["id"], named(place), value) for line in otherwise):
        return True
    return any(_says(text, value) for _, text in whole - (missing or frozenset()))


def _sent_without(case: Case, place: Place) -> Sent | None:
    """None if the case is not even understood without that fact."""
    for shorter in _without(case, place):
        try:
            return sent(shorter)
        except (NotUnderstood, AttributeError, LookupError, TypeError, ValueError):
            continue
    return None


def _without(case: Case, place: Place) -> Iterator[Case]:
    """With nothing in the fact's place, then without the place."""
    *path, last = place
    for leave_out in (_emptied, _removed):
        shorter: Any = deepcopy(case)
        part = shorter
        for step in path:
            part = part[step]
        leave_out(part, last)
        yield shorter


def _emptied(part: Any, last: Any) -> None:
    if isinstance(part, list):
        del part[last]
    else:
        part[last] = None


def _removed(part: Any, last: Any) -> None:
    del part[last]


def _texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case Made(by):
            yield place, _plain(by)
        case dict():
            for name, part in value.items():
                yield from _texts(f"{place}/{name}", part)
        case list():
            for index, part in enumerate(value):
                yield from _texts(f"{place}/{index}", part)
        case int() | float():
            yield place, f"{float(value):g}"
        case _:
            for line in str(value).splitlines():
                yield place, _plain(line)


def _says(text: str, value: Any) -> bool:
    """A number as a number of its own, words anywhere."""
    if isinstance(value, int | float):
        return f"{float(value):g}" in re.findall(r"-?\d+(?:\.\d+)?", text)
    return _plain(value) in text


def _plain(words: str) -> str:
    return words.replace("_", " ").casefold()
