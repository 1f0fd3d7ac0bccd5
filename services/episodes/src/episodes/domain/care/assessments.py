"""Assessing: history, symptoms, readings and findings, at a stage of the episode."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from episodes.domain.codes import CONDITIONS
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.field_rules import VISIT, Length, OneOf, Shown, Words
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
    """The place on the body that the finding is about, where it has one."""
    words: Words
    """What was seen or felt, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An assessment of the client."""

    stage: Annotated[str, OneOf("baseline", "midpoint", "exit", "ad_hoc", "new_baseline")]
    """At which stage of care the client was assessed; a plan needs a baseline or a new baseline."""
    new_baseline_reason: Shown[
        Annotated[str, OneOf("re_injury", "surgery", "after_break", "second_series")] | None
    ] = None
    """What made the old baseline void; a new baseline needs it, and no other stage takes it."""
    history: Shown[Words | None] = None
    """The client's history, in words."""
    history_absent_reason: Shown[AbsentReason | None] = None
    """Why there is no history, in HL7's data-absent-reason codes."""
    health_update: Shown[HealthUpdate | None] = None
    """What changed in the client's health since last time."""
    symptoms: Shown[Words | None] = None
    """The client's symptoms, in words."""
    readings: Shown[Annotated[tuple[Reading, ...], Length(200)]] = ()
    """The readings that were taken."""
    instruments: Shown[Annotated[tuple[InstrumentResult, ...], Length(50)]] = ()
    """The results of the questionnaires that were used."""
    palpation: Shown[Annotated[tuple[Finding, ...], Length(100)]] = ()
    """What was felt by hand."""
    posture: Shown[Annotated[tuple[Finding, ...], Length(100)]] = ()
    """What was seen of the client's posture."""
    suspected_causes: Shown[Annotated[tuple[Annotated[Coded, CONDITIONS], ...], Length(50)]] = ()
    """The conditions that are suspected to cause the complaint."""
    screening: Shown[Screening | None] = None
    """The screening at the assessment, where there was one."""
    visit: Shown[Annotated[UUID, VISIT] | None] = None
    """The caller's own id of the visit at which the client was assessed; a visit may have several of them."""


def assess(episode: Episode, command: Command[Assessed]) -> list[NewFact]:
    """Records an assessment. A second baseline needs a reason."""
    draft = command.draft
    if (draft.stage == "new_baseline") != (draft.new_baseline_reason is not None):
        raise RuleBroken("new-baseline-needs-its-reason", "/new_baseline_reason")
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
    command="record_assessment",
    resource="assessments",
    who=CLINICAL,
    published=True,
    decide=assess,
    kind="assessments",
    after_closing=OF_BEFORE,
    amended=RETRACTABLE,
)
