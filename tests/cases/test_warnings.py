"""What was published is real: nothing in the cases looks wrong."""

import pytest

from demo.scripts import case_names
from episodes.domain.doubts.all_doubts import doubts
from tests.cases.folding import steps_of


@pytest.mark.parametrize("name", case_names())
def test_no_step_of_a_published_case_is_warned_of(name: str) -> None:
    warned = [
        (walked.step, doubt)
        for walked in steps_of(name)
        for doubt in doubts(walked.episode, walked.entry, walked.asked)
    ]
    assert not warned
