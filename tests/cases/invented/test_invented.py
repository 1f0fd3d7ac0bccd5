"""Courses of care that nobody had: what comes of each command was written down before it was sent."""

import pytest

from tests.cases.invented.by_batch import ByBatch
from tests.cases.invented.reading import names, read
from tests.cases.invented.walking import Walk

CASES = names()


@pytest.mark.parametrize("name", CASES)
def test_each_command_comes_to_what_was_written_down(name: str) -> None:
    case = read(name)
    walk = Walk(case, ByBatch(case)).go()
    assert walk.unexpected() == []
    assert walk.end() == case.end
