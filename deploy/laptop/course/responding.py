"""What is told of the time after a session; known to the day, and not by whom it was told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from laptop.course.chart import Body, Chart, Made, lines
from laptop.course.telling import ADVERSE_EVENTS, LATER, REASSESSMENTS
from laptop.course.vocabulary import coded, known


@dataclass(frozen=True)
class Told:
    """Findings of one day, so many days after a session, if one is named."""

    days: int
    session: int | None
    findings: list[str]

    @property
    def step(self) -> str:
        """Its name."""
        named = "response" if self.session is None else f"response {self.session}"
        return f"{named}, {self.days} days later" if self.days else named


def told_after(chart: Chart, number: int) -> list[Told]:
    """Each day on which something was noted about a session."""
    by_day: dict[int, list[str]] = {}
    for finding in chart.findings(number):
        if finding not in REASSESSMENTS:
            by_day.setdefault(LATER.get(finding, 0), []).append(finding)
    return [Told(days, number, findings) for days, findings in sorted(by_day.items())]


def told_at_once(chart: Chart, number: int) -> Iterator[Told]:
    """On the day of the session."""
    return (told for told in told_after(chart, number) if not told.days)


def told_later(chart: Chart, number: int) -> Iterator[Told]:
    return (told for told in told_after(chart, number) if told.days)


def told_after_closing(chart: Chart) -> Iterator[Told]:
    """What came later than the last session, and a summary that tells of it."""
    summary = chart.case["outcome"]["summary_own_words"]
    summed_up = LATER.get(summary, 0)
    for told in told_later(chart, chart.days.delivered):
        also = [summary] if told.days == summed_up else []
        summed_up = 0 if also else summed_up
        yield Told(told.days, told.session, [*told.findings, *also])
    if summed_up:
        yield Told(summed_up, None, [summary])


def response(chart: Chart, told: Told, day: date) -> Body:
    """`day` is that of the session, or of the last one."""
    about = {} if told.session is None else {"session": Made(f"session {told.session}")}
    return {
        "occurred_at": chart.days.start_of(day + timedelta(days=told.days)),
        "precision": "day",
        **about,
        **lines("note", told.findings),
        "adverse": [] if told.days else [_adverse(words) for words in _adverse_events(chart, told.session)],
    }


def _adverse_events(chart: Chart, after_session: int | None) -> list[str]:
    told = chart.case["outcome"]["adverse_events"]
    return [words for words in told if known(ADVERSE_EVENTS, words)[0] == after_session]


def _adverse(words: str) -> Body:
    _, said = ADVERSE_EVENTS[words]
    return {**said, "kind": coded(words, said["kind"])}
