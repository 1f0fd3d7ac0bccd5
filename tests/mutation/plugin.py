"""Which tests a mutant meets, and in what order: those without a server, the quick ones first.

Loaded by pytest inside of mutmut only, which runs the tests of each mutant until one fails.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from mutmut.state import state

SERVERS = frozenset({"postgres", "kafka", "episodes_server"})
AT_IMPORT = Path("at-import.txt")
EXAMPLES = 20
"""How many examples of a property are tried: enough for one mistaken expression, the same in every run."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "servers: asks for a server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SERVERS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("servers")
        _shorten(getattr(item, "obj", None))
    items.sort(key=_cost)


def pytest_collection_finish() -> None:
    """A function called while modules are imported meets no test; without this, the first would have it."""
    if os.environ.get("MUTANT_UNDER_TEST") == "stats":
        before = AT_IMPORT.read_text().split() if AT_IMPORT.exists() else []
        AT_IMPORT.write_text("\n".join(sorted(state()._stats.union(before))))
        state()._stats.clear()


def _shorten(test: Any) -> None:
    """What fails needs no smallest example here."""
    asked = getattr(test, "_hypothesis_internal_use_settings", None)
    if asked is not None:
        test._hypothesis_internal_use_settings = settings(
            asked,
            max_examples=min(asked.max_examples, EXAMPLES),
            phases=[Phase.explicit, Phase.generate],
            derandomize=True,
            database=None,
        )


def _cost(item: pytest.Item) -> tuple[bool, bool, bool]:
    path, test = item.path.as_posix(), getattr(item, "obj", None)
    return "/simulation/" in path, getattr(test, "is_hypothesis_test", False), "/cases/" in path
