"""The rebuilt state in plain lines: what a case tells is there to be read, whatever it leaves out."""

import pytest

from demo.rebuilt import state
from demo.scripts import case_names
from tests.cases.case_facts import read_case
from tests.cases.folding import walked


@pytest.mark.parametrize("name", case_names())
def test_what_a_case_tells_is_shown(name: str) -> None:
    case, shown = read_case(name), state(walked(name))
    told = [
        case["complaint"]["text_in_own_words"],
        *case["history"],
        *case["medications"],
        *case["assessment"]["other_findings"],
        *case["plan"]["goals"],
        *case["plan"]["home_care"],
        *(response["finding"] for response in case["responses"]),
        *(refined["reason"] for refined in case["refinements"]),
    ]
    assert [words for words in told if words not in shown] == []
    assert "None" not in shown


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("keller", "knee.extension right [knee (hamstring length test), extension] 40 deg (degrees)"),
        ("chunco", "spine, lateral flexion, finger to floor right 20.5 in (in)"),
        ("blundell", "shoulder.abduction [glenohumeral, abduction] changed by 90 deg"),
        ("meryanos", "range of motion right [arm, not specified] changed by 45 to 65 deg"),
        ("lipnicki", "Modified Gait Efficacy Scale worse"),
        (
            "cns",
            "Questionnaire total 53 as reported (0 to 70, higher is worse), changed by -5, -8.62 %",
        ),
        ("wakefield", "mymop2 (0 to 6, higher is worse), changed by -2.25"),
        ("hanus", "how often is not told"),
    ],
)
def test_a_figure_is_shown_as_it_was_told(name: str, line: str) -> None:
    assert line in state(walked(name))
