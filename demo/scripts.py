"""Scripts of cases: the commands that an integrator would send. README.md explains how to write one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).with_name("cases")
DEFAULT = "keller-2012-lumbar-fusion"
NONE = "none"
"""The name that means no case at all."""

Body = dict[str, Any]


class UnknownCase(Exception):
    """No case, or more than one, matches the name. The message lists the names."""


class NotUnderstood(Exception):
    """The script cannot be read as commands. The message names the step and the field."""


@dataclass(frozen=True)
class Step:
    """One command: its name, its path below the episode, and its body with references."""

    name: str
    post: str
    body: Body


@dataclass(frozen=True)
class Script:
    """A course of care as commands, in order. The first one opens the episode."""

    id: str
    title: str
    steps: tuple[Step, ...]


def case_names() -> list[str]:
    """The names of the published cases."""
    return sorted(file.parent.name for file in CASES.glob("*/script.json"))


def find_script(case: str) -> Path:
    """Find a script by its path, or a published one by a part of its name that matches no other.

    Raises `UnknownCase`.
    """
    if case.endswith(".json") or "/" in case:
        if not Path(case).is_file():
            raise UnknownCase(f"there is no file {case!r}")
        return Path(case)
    names = case_names()
    found = [known for known in names if known == case] or [known for known in names if case in known]
    if len(found) != 1:
        problem = "is more than one case" if found else "is no case"
        raise UnknownCase("\n    ".join([f"{case!r} {problem}; there are:", *names]))
    return CASES / found[0] / "script.json"


def parse_script(text: str) -> Script:
    """Read a script, with the references to its parts replaced. Raises `NotUnderstood`."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotUnderstood(f"this is no JSON, {error}") from None
    _expect(document, {"id": str, "title": str, "steps": list}, {"parts": dict}, "the script")
    steps = [
        _step(number, step, document.get("parts", {})) for number, step in enumerate(document["steps"], 1)
    ]
    _check_order(steps)
    return Script(document["id"], document["title"], tuple(steps))


def replace_references(value: Any, find: Callable[[str, str], Any], field: str = "") -> Any:
    """Replace each text that begins with `$` by what `find` gives for its name and its field."""
    match value:
        case str() if value.startswith("$"):
            return find(value[1:], field)
        case dict():
            inside = f"{field}." if field else ""
            return {name: replace_references(part, find, f"{inside}{name}") for name, part in value.items()}
        case list():
            return [replace_references(part, find, f"{field}[{index}]") for index, part in enumerate(value)]
        case _:
            return value


def _step(number: int, step: Any, parts: dict[str, Any]) -> Step:
    _expect(step, {"step": str, "post": str, "body": dict}, {}, f"step {number}")
    body = replace_references(step["body"], lambda name, _: parts.get(name, f"${name}"))
    return Step(step["step"], step["post"], body)


def _expect(value: Any, required: dict[str, type], optional: dict[str, type], what: str) -> None:
    """Check that an object has these entries, each of its type, and no others."""
    if not isinstance(value, dict):
        raise NotUnderstood(f"{what} is not an object")
    for name, kind in (required | optional).items():
        if name in required and name not in value:
            raise NotUnderstood(f"{what} has no {name!r}")
        if not isinstance(value.get(name, kind()), kind):
            raise NotUnderstood(f"{what}: {name!r} is not {_KINDS[kind]}")
    for name in value.keys() - required.keys() - optional.keys():
        raise NotUnderstood(f"{what} has {name!r}, which is none of {', '.join(required | optional)}")


_KINDS: dict[type, str] = {str: "a text", list: "a list", dict: "an object"}


def _check_order(steps: list[Step]) -> None:
    """Check that only the first step opens the episode, and that every step has its own name."""
    names: set[str] = set()
    for number, step in enumerate(steps, 1):
        if (step.post == "episodes") != (number == 1):
            raise NotUnderstood(f"step {step.name!r}: the first step posts to 'episodes', and no other does")
        if step.name in names:
            raise NotUnderstood(f"step {step.name!r}: an earlier step has the same name")
        names.add(step.name)
    if not steps:
        raise NotUnderstood("the script has no steps")
