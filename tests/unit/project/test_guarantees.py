"""The page of guarantees names tests that exist, for every promise."""

import ast
import re
from functools import cache

import pytest

from tests.support.servers.discovery import CHECKOUT

PAGE = (CHECKOUT / "GUARANTEES.md").read_text()
PROMISES = re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.partition("\n")[0])
def test_every_promise_is_shown_by_tests_that_exist(promise: str) -> None:
    named = NODE.findall(promise)
    assert named or promise.strip() == "Interfaces", "nothing shows it"
    missing = [f"{path}::{test}" for path, test in named if test not in _tests_of(path)]
    assert missing == []


def test_the_nine_guarantees_are_all_there_and_every_node_id_was_read() -> None:
    assert re.findall(r"^## (\d)\.", PAGE, re.MULTILINE) == list("123456789")
    assert PAGE.count("::test_") == len(NODE.findall(PAGE))


@cache
def _tests_of(path: str) -> frozenset[str]:
    """The test functions of a file, without importing it; none if it is not there."""
    file = CHECKOUT / path
    if not file.exists():
        return frozenset()
    tree = ast.parse(file.read_text())
    return frozenset(it.name for it in tree.body if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef))
