"""Courses of care that nobody had: what comes of each command was written down before it was sent."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cases.invented.by_batch import ByBatch
from tests.cases.invented.orders import backwards, shuffled
from tests.cases.invented.reading import names, read
from tests.cases.invented.walking import Walk

CASES = names()


@pytest.mark.parametrize("name", CASES)
def test_each_command_comes_to_what_was_written_down(name: str) -> None:
    case = read(name)
    walk = Walk(case, ByBatch(case)).go()
    assert walk.unexpected() == []
    assert walk.end() == case.end


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [None, *range(20)])
def test_in_whichever_order_the_facts_arrive_they_are_judged_alike(name: str, seed: int | None) -> None:
    case = read(name)
    order = backwards(case) if seed is None else shuffled(case, seed)
    walk = Walk(case, ByBatch(case)).go(order)
    assert [step for step, came in walk.came.items() if came.refused] == []
    end = walk.end()
    assert (end["status"], end["sessions"]) == (case.end["status"], case.end["sessions"]), order
    assert _now(end) == _now(case.end), order
    alarming = {session for session, broken in end["sessions"].items() if broken} - set(case.imported)
    assert walk.inbox.sessions == alarming, order


def _now(end: Mapping[str, Any]) -> dict[str, str]:
    """Each check's verdict by all that is known; what was told depends on what was known then."""
    return {check: told.rpartition(", now ")[2] for check, told in end["checks"].items()}
