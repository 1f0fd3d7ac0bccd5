"""Each distribution declares what it imports, also where another one would bring it along."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.servers.discovery import CHECKOUT

DISTRIBUTIONS = ("contracts", "services/platform", "services/episodes", "services/notifications")
OURS = {"contracts": "care-contracts", "care_platform": "care-platform"}
EXTRAS = {"psycopg-pool"}
"""What comes as an extra of a declared one."""


def declared(place: Path) -> set[str]:
    project = tomllib.loads((place / "pyproject.toml").read_text())["project"]
    return {normal(re.split(r"[\[<>=;! ]", said, maxsplit=1)[0]) for said in project["dependencies"]}


def imported(place: Path) -> Iterator[str]:
    """The packages that its modules import, but for those that only a type checker does."""
    for file in (place / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Import(names=names):
                    yield from (alias.name.partition(".")[0] for alias in names)
                case ast.ImportFrom(module=str(module), level=0):
                    yield module.partition(".")[0]


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_what_is_imported_is_declared(distribution: str) -> None:
    place = CHECKOUT / distribution
    own = {path.name for path in (place / "src").iterdir()}
    names = set(imported(place)) - own - sys.stdlib_module_names
    installed = packages_distributions()
    wanted = {normal(OURS.get(name, installed.get(name, [name])[0])) for name in names}
    assert sorted(wanted - declared(place) - EXTRAS) == []
