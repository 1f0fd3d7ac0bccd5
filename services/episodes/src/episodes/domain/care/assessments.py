"""Assessing: history, symptoms, readings and findings, at a stage of the episode."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from episodes.domain.care.clearances import refuse_unknown_clearances
from episodes.domain.codes import CONDITIONS
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.field_rules import VISIT, Length, OneOf, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL
from episodes.domain.step import OF_BEFORE, RETRACTABLE, Step
from episodes.domain.time import When, compare
from episodes.domain.values import (
    AbsentReason,
    Coded,
    HealthUpdate,
    InstrumentResult,
    Reading,
    Screening,
    Site,
)

BASELINES = ("baseline", "new_baseline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was seen or felt at a site, in words."""

    site: Site | None = None
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An assessment of the client. A new baseline says what made the old one void."""

    stage: Annotated[str, OneOf("baseline", "midpoint", "exit", "ad_hoc", "new_baseline")]
    new_baseline_reason: (
        Annotated[str, OneOf("re_injury", "surgery", "after_break", "second_series")] | None
    ) = None
    history: Words | None = None
    history_absent_reason: AbsentReason | None = None
    health_update: HealthUpdate | None = None
    symptoms: Words | None = None
    readings: Annotated[tuple[Reading, ...], Length(200)] = ()
    instruments: Annotated[tuple[InstrumentResult, ...], Length(50)] = ()
    palpation: Annotated[tuple[Finding, ...], Length(100)] = ()
    posture: Annotated[tuple[Finding, ...], Length(100)] = ()
    suspected_causes: Annotated[tuple[Annotated[Coded, CONDITIONS], ...], Length(50)] = ()
    screening: Screening | None = None
    visit: Annotated[UUID, VISIT] | None = None


def assess(episode: Episode, command: Command[Assessed]) -> list[NewFact]:
    """A first baseline needs no reason, a new one does."""
    draft = command.draft
    if (draft.stage == "new_baseline") != (draft.new_baseline_reason is not None):
        raise RuleBroken("new-baseline-needs-its-reason", "/new_baseline_reason")
    refuse_unknown_clearances(episode, draft.screening)
    return [NewFact(draft, command.when)]


def has_baseline(episode: Episode, when: When) -> bool:
    """Whether a baseline had been taken by `when`."""
    return any(
        entry.fact.stage in BASELINES and compare(entry.metadata.when, when) <= 0
        for entry in episode.of(Assessed)
    )


ASSESSING = Step(
    name="assessed.1",
    fact=Assessed,
    resource="assessments",
    who=CLINICAL,
    published=True,
    decide=assess,
    kind="assessments",
    after_closing=OF_BEFORE,
    amended=RETRACTABLE,
)
