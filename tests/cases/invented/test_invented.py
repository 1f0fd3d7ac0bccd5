"""Courses of care that nobody had: what comes of each command was written down before it was sent."""

import pytest

from tests.cases.invented.by_batch import ByBatch
from tests.cases.invented.orders import backwards, shuffled
from tests.cases.invented.reading import names, read
from tests.cases.invented.walking import Walk, judged_at_the_end

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
    assert judged_at_the_end(walk.end()) == judged_at_the_end(case.end), order
    assert walk.inbox.sessions == walk.alarming, order
