"""The plan and its refinements."""

from datetime import date

from demo.scripts import Case
from laptop.course.chart import UNKNOWN, Body, Chart, Made, where_told
from laptop.course.telling import refined
from laptop.course.vocabulary import NOT_VISIBLE, REASSESSED_AFTER


def plan(chart: Chart) -> Body:
    told = chart.case["plan"]
    frequency = None if told["frequency"] == NOT_VISIBLE else told["frequency"]
    return {
        **chart.at(chart.days.first, "plan"),
        **_plan(chart),
        **where_told(
            frequency=frequency,
            planned_sessions=told.get("sessions"),
            reassess_after=REASSESSED_AFTER.get(told["frequency"]),
        ),
        "based_on": [Made("baseline")],
    }


def refinement(chart: Chart, told: Case, day: date, moment: str, evidence: list[str]) -> Body:
    """The whole new plan: its course in the report's words, all else as before."""
    how = refined(told["change"])
    return {
        **chart.at(day, moment),
        **_plan(chart),
        "frequency": told["change"],
        **where_told(planned_sessions=how.planned_sessions),
        "reason": how.reason,
        "rationale": told["reason"],
        "evidence": [Made(name) for name in evidence],
    }


def refined_after(chart: Chart, number: int) -> Case | None:
    """The refinement that followed this session, if one did."""
    return next((it for it in chart.case["refinements"] if it["after_session"] == number), None)


def version_at(chart: Chart, number: int) -> int:
    """Of the plan in force when this session was given."""
    return 1 + len([it for it in chart.case["refinements"] if it["after_session"] < number])


def planned_sessions(chart: Chart) -> int | None:
    """As last planned."""
    for told in reversed(chart.case["refinements"]):
        return refined(told["change"]).planned_sessions
    planned: int | None = chart.case["plan"].get("sessions")
    return planned


def _plan(chart: Chart) -> Body:
    told = chart.case["plan"]
    return {
        "goals": [
            {"id": f"goal-{number}", "words": words, "target_absent_reason": UNKNOWN}
            for number, words in enumerate(told["goals"], 1)
        ],
        "techniques": chart.techniques(told["techniques"]),
        "home_care": told["home_care"],
        **where_told(minutes_per_session=told.get("minutes_per_session")),
    }
