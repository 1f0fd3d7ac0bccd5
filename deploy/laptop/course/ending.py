"""The closing of the episode."""

from demo.scripts import NotUnderstood
from laptop.course.assessing import summary_at_end
from laptop.course.chart import UNKNOWN, Body, Chart, where_told
from laptop.course.planning import planned_sessions

NO_REASON = {"reason": "other", "reason_words": "The report does not tell why care ended."}


def closure(chart: Chart) -> Body:
    return {
        **chart.at(chart.days.last, "closure"),
        **_reason(chart),
        "outcomes": [
            {"goal": f"goal-{number}", "absent_reason": UNKNOWN}
            for number, _ in enumerate(chart.case["plan"]["goals"], 1)
        ],
        **where_told(summary=summary_at_end(chart)),
    }


def _reason(chart: Chart) -> Body:
    """Completed when of the sessions planned none is left, be they delivered or missed."""
    planned = planned_sessions(chart)
    if planned is None:
        return NO_REASON
    if chart.days.scheduled < planned:
        raise NotUnderstood(f"{chart.case['id']}: ended before its plan was completed")
    return {"reason": "plan_completed"}
