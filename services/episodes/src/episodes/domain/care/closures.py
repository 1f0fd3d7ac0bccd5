"""Closing an episode, with what outcome per goal and what follows; and reopening it within three months."""

from dataclasses import dataclass, replace
from typing import Annotated

from episodes.domain.breaches import Breach, of_the_desk, unless
from episodes.domain.care.holds import open_hold
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED, GOAL, ONCE, Length, Line, OneOf, Shown, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL
from episodes.domain.step import ALWAYS, Step
from episodes.domain.time import Interval, When, compare, months_after
from episodes.domain.values import AbsentReason


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalOutcome:
    """The outcome of one goal when care ends."""

    goal: Annotated[Line, GOAL, ONCE]
    """The id of the goal, which a plan of the episode must have; each goal has one outcome at most."""
    achieved: (
        Annotated[str, OneOf("achieved", "partially_achieved", "not_achieved", "worse", "not_assessed")]
        | None
    ) = None
    """How far the goal was reached."""
    words: Words | None = None
    """The outcome in words."""
    absent_reason: AbsentReason | None = None
    """Why no outcome is known, in HL7's data-absent-reason codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeClosed:
    """Care ends: why, with what outcome for each goal, and what follows."""

    reason: Annotated[
        str,
        OneOf(
            "goal_achieved",
            "partially_achieved",
            "goal_not_achieved",
            "client_stopped",
            "alternative_services",
            "new_diagnosis",
            "not_eligible",
            "client_moved",
            "plan_completed",
            "other",
        ),
    ]
    """Why care ends, after the exit reasons of ACC's Integrated Care Pathways guide."""
    reason_words: Shown[Words | None] = None
    """The reason in words."""
    outcomes: Shown[Annotated[tuple[GoalOutcome, ...], Length(50)]] = ()
    """The outcomes of the goals."""
    summary: Shown[Words | None] = None
    """A summary of the care, in words."""
    discharge_plan: Shown[Words | None] = None
    """What is to follow after the closing, in words."""
    maximum_benefit_reached: Shown[bool | None] = None
    """Whether no further benefit of treatment is expected; absent where not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeReopened:
    """Care goes on in the same episode. Later than three months after its closing, a new one continues it."""

    reason: Annotated[str, OneOf("relapse", "re_injury", "new_referral", "closed_in_error")]
    """Why care goes on."""
    words: Shown[Words | None] = None
    """The reason in words."""
    breaches: Shown[Annotated[tuple[Breach, ...], COMPUTED]] = ()
    """The rules of care that an imported reopening broke; any other reopening is refused for them."""


REOPENED_WITHIN_MONTHS = 3


def closure(episode: Episode) -> Span[EpisodeClosed] | None:
    """The closure that has not ended, if the episode is closed."""
    return episode.lasting(EpisodeClosed)


def closed_at(episode: Episode, when: When) -> bool:
    return any(held.interval.lasts_at(when) for held in episode.spans_of(EpisodeClosed))


def close(episode: Episode, command: Command[EpisodeClosed]) -> list[NewFact]:
    """Ends care: why, with what outcome for each goal, and what follows.

    It may not lie before a session that it closes: recorded after it, that session would be refused.
    """
    for opened in episode.of(EpisodeOpened):
        refuse_before(command.when, opened.metadata.when)
    if any(compare(session.metadata.when, command.when) > 0 for session in episode.of(SessionDelivered)):
        raise RuleBroken("contradicting-times", "/occurred_at")
    return [NewFact(command.draft, command.when)]


def reopen(episode: Episode, command: Command[EpisodeReopened]) -> list[NewFact]:
    """Resumes care in an episode closed within the last three months. Later, a new episode continues it."""
    last = closure(episode)
    if last is None:
        raise RuleBroken("not-closed")
    closed = last.interval.since
    refuse_before(command.when, last.entry.metadata.when)
    soon = command.when.date_in_zone() <= months_after(closed.date_in_zone(), REOPENED_WITHIN_MONTHS)
    breaches = of_the_desk(command, unless(soon, "closed-more-than-three-months-before"))
    return [NewFact(replace(command.draft, breaches=breaches), command.when)]


def closed(episode: Episode, entry: RecordedEvent[EpisodeClosed]) -> Episode:
    """An episode that is closed is not on hold any more."""
    when, held = entry.metadata.when.latest, open_hold(episode)
    ended = episode if held is None else episode.end(held.id, when)
    return ended.begin(entry, Interval(when))


def reopened(episode: Episode, entry: RecordedEvent[EpisodeReopened]) -> Episode:
    last = closure(episode)
    return episode if last is None else episode.end(last.id, entry.metadata.when.latest)


CLOSING = Step(
    name="episode-closed.1",
    fact=EpisodeClosed,
    command="close_episode",
    resource="closure",
    who=CLINICAL,
    published=True,
    decide=close,
    evolve=closed,
    kind="closure",
    judges=True,
)
REOPENING = Step(
    name="episode-reopened.1",
    fact=EpisodeReopened,
    command="reopen_episode",
    resource="reopening",
    who=CLINICAL,
    published=True,
    decide=reopen,
    evolve=reopened,
    kind="opening",
    after_closing=ALWAYS,
)
