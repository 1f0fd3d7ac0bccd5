"""The published cases by name: facts copied from their reports, one file each."""

import json
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "tests" / "cases"
DEFAULT = "keller-2012-lumbar-fusion"

Case = dict[str, Any]


class UnknownCase(Exception):
    """No case, or more than one, goes by that name; the message lists the names."""


class NotUnderstood(Exception):
    """A report says something that has no place among the commands yet: better none than a bent one."""


def case_names(folder: Path = CASES) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.json"))


def read_case(name: str, folder: Path = CASES) -> Case:
    """By its name or any part of it that names no other. Raises `UnknownCase`."""
    names = case_names(folder)
    found = [known for known in names if known == name] or [known for known in names if name in known]
    if len(found) != 1:
        problem = "is more than one case" if found else "is no case"
        raise UnknownCase("\n    ".join([f"{name!r} {problem}; there are:", *names]))
    case: Case = json.loads((folder / f"{found[0]}.json").read_text(encoding="utf-8"))
    return case
