"""Assessments: the first, those between, and the last."""

from datetime import date

from laptop.course.chart import UNKNOWN, Body, Chart, lines
from laptop.course.instruments import instruments
from laptop.course.readings import readings, without_value
from laptop.course.remarks import remarks
from laptop.course.telling import LATER, MISSED, REASSESSMENTS


def baseline(chart: Chart) -> Body:
    assessed = chart.case["assessment"]
    return {
        **chart.performed(chart.days.first, "baseline"),
        "stage": "baseline",
        **lines("history", [*chart.case["history"], *_occupation(chart)], "history_absent_reason"),
        **lines("symptoms", [*assessed["other_findings"], *remarks(assessed)]),
        "health_update": _medications(chart),
        "readings": readings(assessed),
        "instruments": instruments(assessed),
        "screening": chart.screening(),
    }


def midpoint(chart: Chart, finding: str, day: date) -> Body:
    """The baseline's measurements, of which this one shows no values."""
    return {
        **chart.performed(day, "midpoint"),
        "stage": "midpoint",
        "symptoms": finding,
        "readings": _again(chart),
    }


def new_baseline(chart: Chart, finding: str, day: date) -> Body:
    """Before a second series; no values are told."""
    return {
        **chart.performed(day, "baseline"),
        "stage": "new_baseline",
        "new_baseline_reason": "second_series",
        "symptoms": finding,
        "readings": _again(chart),
    }


def progress(chart: Chart, day: date) -> Body:
    """The outcome of a course that goes on; its summary has no closing to stand in."""
    return _outcome(chart, "midpoint", day, [chart.case["outcome"]["summary_own_words"]])


def end(chart: Chart, day: date) -> Body:
    """The outcome of a course, or of its first series."""
    final = [it for it in chart.findings(chart.days.delivered) if REASSESSMENTS.get(it) == "exit"]
    return _outcome(chart, "exit", day, final)


def unplaced(chart: Chart) -> list[str]:
    """Findings for which no session can be named."""
    return [finding for finding in chart.findings(None) if finding not in MISSED]


def summary_at_end(chart: Chart) -> str | None:
    """What the report sums up, unless it tells of later days than the last session."""
    summary: str | None = chart.case["outcome"]["summary_own_words"]
    return None if summary in LATER else summary


def _outcome(chart: Chart, stage: str, day: date, words: list[str]) -> Body:
    outcome = chart.case["outcome"]
    return {
        **chart.performed(day, stage),
        "stage": stage,
        **lines("symptoms", [*words, *unplaced(chart), *remarks(outcome)]),
        "readings": readings(outcome),
        "instruments": instruments(outcome),
    }


def _again(chart: Chart) -> list[Body]:
    return [without_value(reading) for reading in readings(chart.case["assessment"])]


def _occupation(chart: Chart) -> list[str]:
    told = chart.case["client"].get("occupation")
    return [] if told is None else [f"Occupation: {told}"]


def _medications(chart: Chart) -> Body:
    """An empty list means that none was mentioned, not that there is none."""
    named = chart.case["medications"]
    return {"medications": named} if named else {"absent_reason": UNKNOWN}
