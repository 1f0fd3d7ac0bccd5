"""The check before a session, the session, and a session that was missed."""

from datetime import date

from demo.scripts import NotUnderstood
from laptop.course.chart import Body, Chart, Made, where_told
from laptop.course.planning import version_at
from laptop.course.readings import pain_not_known
from laptop.course.telling import MISSED


def check(chart: Chart, number: int, day: date) -> Body:
    """What a report says to beware of is told once for the whole course, so each check repeats it."""
    session = chart.case["sessions"][number - 1]
    return {
        **chart.performed(day, "check"),
        "techniques": chart.techniques(session.get("techniques", [])),
        "screening": chart.screening(),
        "consent_confirmed": {"form": chart.setting.treatment_consent.at_each_check},
    }


def session(chart: Chart, number: int, day: date) -> Body:
    """Minutes are known of the session as a whole, not of each technique."""
    told = chart.case["sessions"][number - 1]
    if "pain_pre" in told or "pain_post" in told:
        raise NotUnderstood(f"session {number}: a pain score without its scale")
    note = told.get("notes_own_words")
    return {
        "date_of_service": day.isoformat(),
        "start": chart.days.at(day, "session"),
        "plan_version": version_at(chart, number),
        "check_id": Made(f"check {number}"),
        "techniques": chart.techniques(told.get("techniques", [])),
        "readings": [pain_not_known(phase="before"), pain_not_known(phase="after")],
        **where_told(duration=told.get("minutes"), soap=note and {"assessment": note}),
        "performer": chart.setting.therapist.id,
    }


def missed(chart: Chart, day: date) -> Body:
    """By the client; why is not told."""
    (words,) = (finding for finding in chart.findings(None) if finding in MISSED)
    return {
        **chart.at(day, "session"),
        "planned_start": chart.days.at(day, "session"),
        "reason": "other",
        "words": words,
        "by": "client",
    }
