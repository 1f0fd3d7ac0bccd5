"""Setting and refining the plan. A refinement replaces the plan as a whole; old plans stay readable."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from episodes.domain.breaches import Breach, of_the_desk, unless
from episodes.domain.care.assessments import has_baseline
from episodes.domain.codes import MEASURES
from episodes.domain.decision import Command, NewFact, refuse_before, require_event
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED, EVENT, Between, Length, Line, OneOf, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL
from episodes.domain.step import Step
from episodes.domain.time import Interval
from episodes.domain.values import AbsentReason, Amount, Coded, Site, Technique


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to be reached, measured how, from where to where, by when."""

    id: Line
    measure: Annotated[Coded, MEASURES] | None = None
    site: Site | None = None
    baseline: Amount | None = None
    target: Amount | None = None
    target_absent_reason: AbsentReason | None = None
    due: date | None = None
    words: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassess:
    """When the plan is to be looked at again: after so many sessions or days."""

    sessions: Annotated[int, Between(1, 200)] | None = None
    days: Annotated[int, Between(1, 730)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A treatment plan, whole. `breaches` are of an imported plan alone: others are refused for theirs."""

    plan_version: Annotated[int, COMPUTED] = 0
    goals: Annotated[tuple[Goal, ...], Length(50)] = ()
    techniques: Annotated[tuple[Technique, ...], Length(100)] = ()
    frequency: Line | None = None
    planned_sessions: Annotated[int, Between(1, 500)] | None = None
    minutes_per_session: Annotated[int, Between(1, 480)] | None = None
    reassess_after: Reassess | None = None
    home_care: Annotated[tuple[Words, ...], Length(50)] = ()
    precautions: Annotated[tuple[Words, ...], Length(50)] = ()
    based_on: Annotated[tuple[UUID, ...], Length(50), EVENT] = ()
    agreed_with_client: bool | None = None
    breaches: Annotated[tuple[Breach, ...], COMPUTED] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSet(Plan):
    """The first plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRefined(Plan):
    """The whole new plan, what it replaces, and why."""

    replaces: Annotated[int, COMPUTED] = 0
    reason: Annotated[
        str,
        OneOf(
            "clinical",
            "travel",
            "cost",
            "preference",
            "work",
            "referral",
            "participation",
            "support",
            "other",
        ),
    ]
    rationale: Words
    evidence: Annotated[tuple[UUID, ...], Length(50), EVENT] = ()
    changed_fields: Annotated[tuple[str, ...], COMPUTED] = ()


_NOT_OF_THE_PLAN = ("plan_version", "based_on", "breaches")


def set_plan(episode: Episode, command: Command[PlanSet]) -> list[NewFact]:
    """A desk decision that can wait: it needs a baseline assessment, and a second plan is a refinement."""
    if _newest(episode) is not None:
        raise RuleBroken("plan-already-set")
    _refuse_unknown_basis(episode, command.draft)
    based = unless(has_baseline(episode, command.when), "plan-needs-a-baseline-assessment")
    breaches = of_the_desk(command, based)
    return [NewFact(replace(command.draft, plan_version=1, breaches=breaches), command.when)]


def refine_plan(episode: Episode, command: Command[PlanRefined]) -> list[NewFact]:
    """Changes something; a clinical reason cites at least one event recorded after the plan it replaces."""
    newest = _newest(episode)
    if newest is None:
        raise RuleBroken("no-plan-to-refine")
    draft = command.draft
    refuse_before(command.when, newest.interval.since)
    _refuse_unknown_basis(episode, draft)
    for index, event_id in enumerate(draft.evidence):
        require_event(episode, event_id, f"/evidence/{index}")
    changed = changed_fields(newest.fact, draft)
    if not changed:
        raise RuleBroken("refinement-changes-nothing")
    founded = draft.reason != "clinical" or _newer_evidence(episode, draft, newest)
    breaches = of_the_desk(command, unless(founded, "clinical-refinement-needs-newer-evidence", "/evidence"))
    replaces = newest.fact.plan_version
    refined = replace(
        draft, plan_version=replaces + 1, replaces=replaces, changed_fields=changed, breaches=breaches
    )
    return [NewFact(refined, command.when)]


def plan_begun(episode: Episode, entry: RecordedEvent[Plan]) -> Episode:
    """The new plan holds from its time on; the one before ends there."""
    when = entry.metadata.when
    newest = _newest(episode)
    ended = episode if newest is None else episode.end(newest.id, when)
    return ended.begin(entry, Interval(when))


def changed_fields(old: Plan, new: Plan) -> tuple[str, ...]:
    """The names of the plan's fields that differ."""
    names = [field.name for field in fields(Plan) if field.name not in _NOT_OF_THE_PLAN]
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def _newest(episode: Episode) -> Span[Plan] | None:
    return max(episode.spans_of(Plan), key=lambda held: held.fact.plan_version, default=None)


def _newer_evidence(episode: Episode, draft: PlanRefined, newest: Span[Plan]) -> bool:
    cited = (episode.entry(event_id) for event_id in draft.evidence)
    return any(entry.metadata.version > newest.entry.metadata.version for entry in cited if entry is not None)


def _refuse_unknown_basis(episode: Episode, plan: Plan) -> None:
    for index, event_id in enumerate(plan.based_on):
        require_event(episode, event_id, f"/based_on/{index}")


SETTING = Step(
    name="plan-set.1",
    fact=PlanSet,
    resource="plans",
    who=CLINICAL,
    published=True,
    decide=set_plan,
    evolve=plan_begun,
    kind="plans",
)
REFINING = Step(
    name="plan-refined.1",
    fact=PlanRefined,
    resource="plan-refinements",
    who=CLINICAL,
    published=True,
    decide=refine_plan,
    evolve=plan_begun,
    kind="plans",
)
