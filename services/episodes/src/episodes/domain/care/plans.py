"""Setting and refining the plan. A refinement replaces the plan as a whole; old plans stay readable."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from episodes.domain.breaches import Breach, missing_at, of_the_desk, unless
from episodes.domain.care.assessments import has_baseline
from episodes.domain.codes import MEASURES
from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED, EVENT, ONCE, Between, Length, Line, OneOf, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL
from episodes.domain.step import Step
from episodes.domain.time import Interval, When
from episodes.domain.values import AbsentReason, Amount, Coded, Site, Technique


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to be reached, measured how, from where to where, by when."""

    id: Annotated[Line, ONCE]
    """The name of the goal, by which an outcome at the closing refers to it; no two of a plan share one."""
    measure: Annotated[Coded, MEASURES] | None = None
    """What is measured to see whether the goal is reached."""
    site: Site | None = None
    """The place on the body that the goal is about, where it has one."""
    baseline: Amount | None = None
    """The value of the measure from which the goal starts."""
    target: Amount | None = None
    """The value of the measure that is to be reached."""
    target_absent_reason: AbsentReason | None = None
    """Why there is no target, in HL7's data-absent-reason codes."""
    due: date | None = None
    """The day by which the goal is to be reached."""
    words: Words | None = None
    """The goal in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassess:
    """When the plan is to be looked at again: after so many sessions or days."""

    sessions: Annotated[int, Between(1, 200)] | None = None
    """The number of sessions after which the plan is to be looked at again."""
    days: Annotated[int, Between(1, 730)] | None = None
    """The number of days after which the plan is to be looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A treatment plan, whole."""

    plan_version: Annotated[int, COMPUTED] = 0
    """The version of the plan, counted from 1 in each episode; set by the service."""
    goals: Annotated[tuple[Goal, ...], Length(50)] = ()
    """What the treatment is to reach."""
    techniques: Annotated[tuple[Technique, ...], Length(100)] = ()
    """The techniques to be used; a session that uses another one gives a reason."""
    frequency: Line | None = None
    """How often sessions are to take place, in words."""
    planned_sessions: Annotated[int, Between(1, 500)] | None = None
    """How many sessions are planned."""
    minutes_per_session: Annotated[int, Between(1, 480)] | None = None
    """How long each session is to last, in minutes."""
    reassess_after: Reassess | None = None
    """When the plan is to be looked at again."""
    home_care: Annotated[tuple[Words, ...], Length(50)] = ()
    """What the client is to do at home, one thing in each entry."""
    precautions: Annotated[tuple[Words, ...], Length(50)] = ()
    """What is to be heeded during treatment, one thing in each entry."""
    based_on: Annotated[tuple[UUID, ...], Length(50), EVENT] = ()
    """The events of this episode that the plan rests on; they can be corrected, but not retracted."""
    agreed_with_client: bool | None = None
    """Whether the client agreed to the plan; absent where it was not stated."""
    breaches: Annotated[tuple[Breach, ...], COMPUTED] = ()
    """The rules of care that an imported plan broke; any other plan is refused for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSet(Plan):
    """The first plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRefined(Plan):
    """The whole new plan, what it replaces, and why."""

    replaces: Annotated[int, COMPUTED] = 0
    """The version of the plan that this one replaces; set by the service."""
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
    """Why the plan is refined; `clinical` needs evidence recorded after the plan that is replaced."""
    rationale: Words
    """The reasons for the new plan, in words."""
    evidence: Annotated[tuple[UUID, ...], Length(50), EVENT] = ()
    """The events of this episode that the change rests on; they can be corrected, but not retracted."""
    changed_fields: Annotated[tuple[str, ...], COMPUTED] = ()
    """The names of the fields in which the plan differs from the one before; set by the service."""


_NOT_OF_THE_PLAN = ("plan_version", "based_on", "breaches")


def set_plan(episode: Episode, command: Command[PlanSet]) -> list[NewFact]:
    """Sets the first plan, which needs a baseline assessment. A later plan is a refinement."""
    if _newest(episode) is not None:
        raise RuleBroken("plan-already-set")
    based = unless(has_baseline(episode, command.when), "plan-needs-a-baseline-assessment")
    breaches = of_the_desk(command, based)
    return [NewFact(replace(command.draft, plan_version=1, breaches=breaches), command.when)]


def refine_plan(episode: Episode, command: Command[PlanRefined]) -> list[NewFact]:
    """Replaces the plan in force.

    The new one must differ; a clinical reason cites at least one event recorded after the plan it replaces.
    """
    newest = _newest(episode)
    if newest is None:
        raise RuleBroken("no-plan-to-refine")
    draft = command.draft
    refuse_before(command.when, newest.interval.since)
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
    """The new plan holds from its time on; the one before ends there, at the latest."""
    when = entry.metadata.when
    newest = _newest(episode)
    ended = episode if newest is None else episode.end(newest.id, when.latest)
    return ended.begin(entry, Interval(when))


def missing_plan(episode: Episode, when: When) -> Iterator[str]:
    """What is wrong with the plan at `when`; nothing, if one is known to have been in force then."""
    if not when.known or episode.in_force(Plan, when) is None:
        yield missing_at(when, (held.interval for held in episode.spans_of(Plan)), "no-plan-in-force")


def changed_fields(old: Plan, new: Plan) -> tuple[str, ...]:
    """The names of the plan's fields that differ."""
    names = [field.name for field in fields(Plan) if field.name not in _NOT_OF_THE_PLAN]
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def _newest(episode: Episode) -> Span[Plan] | None:
    return max(episode.spans_of(Plan), key=lambda held: held.fact.plan_version, default=None)


def _newer_evidence(episode: Episode, draft: PlanRefined, newest: Span[Plan]) -> bool:
    cited = (episode.entry(event_id) for event_id in draft.evidence)
    return any(entry.metadata.version > newest.entry.metadata.version for entry in cited if entry is not None)


SETTING = Step(
    name="plan-set.1",
    fact=PlanSet,
    command="set_plan",
    resource="plans",
    who=CLINICAL,
    published=True,
    decide=set_plan,
    evolve=plan_begun,
    kind="plans",
    judges=True,
)
REFINING = Step(
    name="plan-refined.1",
    fact=PlanRefined,
    command="refine_plan",
    resource="plan-refinements",
    who=CLINICAL,
    published=True,
    decide=refine_plan,
    evolve=plan_begun,
    kind="plans",
    judges=True,
)
