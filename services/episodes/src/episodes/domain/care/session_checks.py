"""The session check: may we treat, now? What can be prevented is prevented here, before the hands are on.

It answers from consent, plan, holds, open flags and the judgements given with the screening.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from episodes.domain.breaches import missing_at
from episodes.domain.care.clearances import ClearanceRecorded
from episodes.domain.care.holding import holding_care
from episodes.domain.care.plans import missing_plan
from episodes.domain.care.red_flags import RedFlagRaised, accepted_with_limits
from episodes.domain.care.treatment_consents import broken_consent
from episodes.domain.codes import RED_FLAGS
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED, VISIT, Length, Shown, Words
from episodes.domain.roles import CLINICAL
from episodes.domain.step import OF_BEFORE, RETRACTABLE, Step
from episodes.domain.time import When
from episodes.domain.values import (
    Coded,
    Form,
    HealthUpdate,
    Limits,
    Screening,
    ScreeningItem,
    Site,
    Technique,
)

STOP, LIMITS, GO = "stop", "go_with_limits", "go"
SOURCES = {"no-treatment-consent": "WAC 246-830-565", "consent-of-a-minor-alone": "RCW 26.28.015"}
"""The law behind a rule of the verdict; any other rule is our own."""

OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentConfirmed:
    """The client agreed again today. The consent to treatment must hold all the same."""

    form: Form
    """How the client agreed."""
    changes: Words | None = None
    """What the client wants changed, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReason:
    """A rule that made the verdict, and where it comes from."""

    rule: str
    """The name of the rule, as the vocabulary lists it."""
    source: str
    """The law that the rule comes from, or `ours` where it is our own. Checks of the first release have a
    section of a paper of ours here, such as `EVENTS §5.1`; `GET /problems/rules/{rule}` explains any rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChecked:
    """The answer to whether the client may be treated now. The check's id is the id of this event."""

    visit: Shown[Annotated[UUID, VISIT] | None] = None
    """The caller's own id of the visit that the check is for; a session names its check by `check_id`."""
    techniques: Annotated[tuple[Technique, ...], Length(50)] = ()
    """The techniques that are to be used; a consent that is not general must name each of them."""
    health_update: Shown[HealthUpdate | None] = None
    """What changed in the client's health since last time."""
    screening: Screening
    """The questions asked before the session, each with its answer and what was judged from it."""
    consent_confirmed: Shown[ConsentConfirmed | None] = None
    """The client's agreement of today; the verdict does not depend on it."""
    limits: Limits | None = None
    """How far the treatment may go; with limits the verdict is never `go`."""
    verdict: Shown[Annotated[str, COMPUTED]] = STOP
    """Whether treatment may begin; set by the service. A check nobody read counts as stop."""
    reasons: Shown[Annotated[tuple[VerdictReason, ...], COMPUTED]] = ()
    """The rules that made the verdict, those that stop it first; set by the service."""


def check_session(episode: Episode, command: Command[SessionChecked]) -> list[NewFact]:
    """Checks whether the client may be treated now: go, go with limits, or stop, with the reasons.

    A judgement `stop` also raises the red flag that holds care.
    """
    draft, when = command.draft, command.when
    stops, limits = _rules(episode, draft, when)
    verdict = _verdict(stops, limits)
    reasons = tuple(VerdictReason(rule=rule, source=SOURCES.get(rule, OURS)) for rule in (*stops, *limits))
    decided = [NewFact(replace(draft, verdict=verdict, reasons=reasons), when)]
    stopping = [item for item in draft.screening.items if item.judgement == "stop"]
    if stopping:
        sites = tuple(site for item in stopping for site in item.sites)
        flag = _flag(stopping[0], sites, command.event_ids[0])
        if not _raised(episode, flag):
            decided.append(NewFact(flag, when))
    return decided


def verdict_now(episode: Episode, check: RecordedEvent[SessionChecked]) -> str:
    """The verdict as it would be by all that is known now of the time of the check.

    Whoever treated went by the verdict that was told then, and a record that came late may prove it wrong.
    """
    return _verdict(*_rules(episode, check.fact, check.metadata.when))


def says_stop(episode: Episode, check: RecordedEvent[SessionChecked]) -> bool:
    """Whether the verdict would be stop by all that is known now."""
    return any(stopping_rules(episode, check.fact, check.metadata.when))


def _rules(episode: Episode, draft: SessionChecked, when: When) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that stop, and those that limit."""
    stops = dict.fromkeys(stopping_rules(episode, draft, when))
    return tuple(stops), tuple(_limiting_rules(episode, draft, when))


def _verdict(stops: Sequence[str], limits: Sequence[str]) -> str:
    return STOP if stops else LIMITS if limits else GO


def _raised(episode: Episode, flag: RedFlagRaised) -> bool:
    """Whether this check raised that flag already: decided again, as a correction, it holds no care anew."""
    said = (flag.source_event, flag.code)
    return any((entry.fact.source_event, entry.fact.code) == said for entry in episode.of(RedFlagRaised))


def stopping_rules(episode: Episode, draft: SessionChecked, when: When) -> Iterator[str]:
    """The rules by which no treatment may begin at `when`."""
    yield from broken_consent(episode, draft.techniques, when)
    yield from missing_plan(episode, when)
    yield from holding_care(episode, when)
    if any(item.judgement == "stop" for item in draft.screening.items):
        yield "judged-stop"
    if any(item.answer == "present" and item.judgement is None for item in draft.screening.items):
        yield "present-not-judged"
    for item in draft.screening.items:
        if item.clearance_id is not None:
            yield from _missing_clearance(episode, item.clearance_id, when)


def _missing_clearance(episode: Episode, clearance: UUID, when: When) -> Iterator[str]:
    named = [held.interval for held in episode.spans_of(ClearanceRecorded) if held.id == clearance]
    if not when.known or not any(interval.holds_at(when) for interval in named):
        yield missing_at(when, named, "clearance-not-in-force")


def _limiting_rules(episode: Episode, draft: SessionChecked, when: When) -> Iterator[str]:
    if accepted_with_limits(episode, when):
        yield "flag-accepted-with-limits"
    if draft.limits is not None or any(
        item.judgement == "proceed_with_limits" for item in draft.screening.items
    ):
        yield "judged-proceed-with-limits"


def _flag(item: ScreeningItem, sites: tuple[Site, ...], check: UUID) -> RedFlagRaised:
    code = item.code if item.code in RED_FLAGS.codes else "stopping_screening"
    return RedFlagRaised(
        code=Coded(code=code, list=RED_FLAGS.label, text=item.text),
        source="session_check",
        source_event=check,
        sites=sites,
        urgency="urgent",
        holds_care=True,
    )


CHECKING = Step(
    name="session-checked.1",
    fact=SessionChecked,
    command="check_session",
    resource="session-checks",
    who=CLINICAL,
    published=True,
    decide=check_session,
    kind="screening",
    after_closing=OF_BEFORE,
    amended=RETRACTABLE,
    most_events=2,
    judges=True,
    asks_age=True,
)
