"""The steps of care in a case, in order: what is posted where."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from demo.scripts import Case
from laptop.course import assessing, ending, opening, planning, responding, treating
from laptop.course.chart import Body, Chart
from laptop.course.labels import labelled
from laptop.course.responding import Told
from laptop.course.telling import REASSESSMENTS

Step = tuple[str, str, Body]
"""Its name in the case, the resource it is posted to, and the body."""


def steps_of(chart: Chart) -> Iterator[Step]:
    """Every step of the case, labelled where its words are sensitive."""
    for name, resource, body in Course(chart).steps():
        yield name, resource, labelled(body)


@dataclass(frozen=True)
class Course:
    """The course of care. One whose report tells no end is left open."""

    chart: Chart

    def steps(self) -> Iterator[Step]:
        chart = self.chart
        yield "opening", "episodes", opening.opening(chart)
        yield "treatment consent", "treatment-consents", opening.treatment_consent(chart)
        yield "sharing consent", "sharing-consents", opening.sharing_consent(chart)
        yield "baseline", "assessments", assessing.baseline(chart)
        yield "plan", "plans", planning.plan(chart)
        for day, number in chart.days.sessions:
            if number is None:
                yield "missed session", "missed-sessions", treating.missed(chart, day)
            else:
                yield from self._visit(number, day)
        yield from self._end()

    def _visit(self, number: int, day: date) -> Iterator[Step]:
        chart = self.chart
        yield from self._new_series(number, day)
        yield f"check {number}", "session-checks", treating.check(chart, number, day)
        yield f"session {number}", "sessions", treating.session(chart, number, day)
        yield from self._responses(responding.told_at_once(chart, number), day)
        for finding in chart.findings(number):
            if REASSESSMENTS.get(finding) == "midpoint":
                yield "midpoint", "assessments", assessing.midpoint(chart, finding, day)
        if number < chart.days.delivered:
            yield from self._until_the_next(number, day)

    def _until_the_next(self, number: int, day: date) -> Iterator[Step]:
        """With the outcome, where a series ended here."""
        if planning.refined_after(self.chart, number):
            yield "exit", "assessments", assessing.end(self.chart, day)
        yield from self._responses(responding.told_later(self.chart, number), day)

    def _new_series(self, number: int, day: date) -> Iterator[Step]:
        """A plan refined between two sessions begins a new series with the second of them."""
        refined = planning.refined_after(self.chart, number - 1)
        if refined is not None:
            about = assessing.new_baseline(self.chart, refined["reason"], day)
            yield "new baseline", "assessments", about
            yield self._refinement(refined, day, "plan", "new baseline")

    def _end(self) -> Iterator[Step]:
        """Nothing told, care that goes on by a refined plan, or a closing and what was heard afterwards."""
        chart, last = self.chart, self.chart.days.last
        refined = planning.refined_after(chart, chart.days.delivered)
        if chart.case["outcome"]["summary_own_words"] is None:
            yield from self._responses([Told(0, None, assessing.unplaced(chart))], last)
        elif refined is not None:
            yield "midpoint", "assessments", assessing.progress(chart, last)
            yield self._refinement(refined, last, "refinement", "midpoint")
        else:
            if not chart.case["refinements"]:
                yield "exit", "assessments", assessing.end(chart, last)
            yield "closure", "closure", ending.closure(chart)
            yield from self._responses(responding.told_after_closing(chart), last)

    def _refinement(self, refined: Case, day: date, moment: str, assessment: str) -> Step:
        """Its evidence: what was noted since the session, and the assessment before it."""
        noted = [told.step for told in responding.told_after(self.chart, refined["after_session"])]
        body = planning.refinement(self.chart, refined, day, moment, [*noted, assessment])
        return "plan refinement", "plan-refinements", body

    def _responses(self, told: Iterable[Told], day: date) -> Iterator[Step]:
        for one in told:
            yield one.step, "responses", responding.response(self.chart, one, day)
