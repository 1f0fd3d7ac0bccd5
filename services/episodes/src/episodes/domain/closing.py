"""Closing an episode: why, with what outcome per goal, and what follows."""

from dataclasses import dataclass, replace
from typing import Annotated

from episodes.domain.deciding import Asked, Decided
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode
from episodes.domain.form import Length, Line, OneOf, Words
from episodes.domain.values import AbsentReason


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalOutcome:
    goal: Line
    achieved: (
        Annotated[str, OneOf("achieved", "partially_achieved", "not_achieved", "worse", "not_assessed")]
        | None
    ) = None
    words: Words | None = None
    absent_reason: AbsentReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeClosed:
    """Exit reasons after ACC's Integrated Care Pathways guide."""

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
    reason_words: Words | None = None
    outcomes: Annotated[tuple[GoalOutcome, ...], Length(50)] = ()
    summary: Words | None = None
    discharge_plan: Words | None = None
    maximum_benefit_reached: bool | None = None


def close(episode: Episode, asked: Asked[EpisodeClosed]) -> list[Decided]:
    return [Decided(asked.draft, asked.when)]


def closed(episode: Episode, entry: Recorded[EpisodeClosed]) -> Episode:
    return replace(episode, closed_at=entry.header.when)
