"""What a value lacks or contradicts is said in words a caller can act on."""

from typing import Any

import pytest

from episodes.domain.values import Answer, Coded, InstrumentResult, Reading, ReportedChange

PAIN = Coded(code="pain", list="measures/1")
OSWESTRY = Coded(code="oswestry", list="instruments/1")
ONE_OF_FOUR = "exactly one of value, finding, reported_change, absent_reason"
A_RANGE = "a range of change needs both ends"
SAYS_HOW = "a reported change says how much or in which direction"
ONE_OF_TWO = "exactly one of answer, absent_reason"
SOMETHING = "items, a reported score, a reported change or an absent_reason"


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        (Coded(code="other"), ["a code 'other' needs its text"]),
        (Coded(code="other", text="cupping"), []),
        (Coded(code="swedish"), []),
        (ReportedChange(least=1.0, most=2.0), []),
        (ReportedChange(least=1.0), [A_RANGE]),
        (ReportedChange(most=2.0), [A_RANGE, SAYS_HOW]),
        (ReportedChange(), [SAYS_HOW]),
        (ReportedChange(amount=0.0), []),
        (ReportedChange(percent=10.0), []),
        (ReportedChange(direction="none"), []),
        (Reading(measure=PAIN), [ONE_OF_FOUR]),
        (Reading(measure=PAIN, finding="normal"), []),
        (Reading(measure=PAIN, finding="normal", absent_reason="masked"), [ONE_OF_FOUR]),
        (Reading(measure=PAIN, value=4.0), ["a value needs its unit", "a value needs its scale as taken"]),
        (Reading(measure=PAIN, value=0.0, unit="points", scale="NRS"), []),
        (Reading(measure=PAIN, reported_change=ReportedChange(amount=1.0)), []),
        (Answer(item=1), [ONE_OF_TWO]),
        (Answer(item=1, answer=0.0), []),
        (Answer(item=1, answer=0.0, absent_reason="masked"), [ONE_OF_TWO]),
        (InstrumentResult(instrument=OSWESTRY), [SOMETHING]),
        (InstrumentResult(instrument=OSWESTRY, reported_score=0.0), []),
        (InstrumentResult(instrument=OSWESTRY, absent_reason="masked"), []),
        (InstrumentResult(instrument=OSWESTRY, reported_change=ReportedChange(amount=1.0)), []),
        (InstrumentResult(instrument=OSWESTRY, items=(Answer(item=1, answer=2.0),)), []),
    ],
)
def test_a_value_names_its_faults(value: Any, faults: list[str]) -> None:
    assert [broken.words for broken in value.faults()] == faults
