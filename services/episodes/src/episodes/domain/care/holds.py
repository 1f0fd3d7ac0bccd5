"""Holding and resuming an episode: care pauses by agreement. What a red flag holds follows from the flags."""

from dataclasses import dataclass

from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import DESK
from episodes.domain.step import Step
from episodes.domain.time import Interval, When
from episodes.domain.values import Day


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeHeld:
    """Care pauses by agreement."""

    reason: Words
    """Why care pauses, in words."""
    expected_until: Day | None = None
    """The day until which the pause is expected to last; it does not end by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeResumed:
    """Care goes on."""


def open_hold(episode: Episode) -> Span[EpisodeHeld] | None:
    """The hold that has not ended, if the episode is on hold."""
    return episode.lasting(EpisodeHeld)


def on_hold(episode: Episode, when: When) -> bool:
    return any(held.interval.lasts_at(when) for held in episode.spans_of(EpisodeHeld))


def hold(episode: Episode, command: Command[EpisodeHeld]) -> list[NewFact]:
    """Pauses care by agreement."""
    if open_hold(episode) is not None:
        raise RuleBroken("already-on-hold")
    return [NewFact(command.draft, command.when)]


def resume(episode: Episode, command: Command[EpisodeResumed]) -> list[NewFact]:
    """Resumes care after a pause."""
    held = open_hold(episode)
    if held is None:
        raise RuleBroken("not-on-hold")
    refuse_before(command.when, held.entry.metadata.when)
    return [NewFact(command.draft, command.when)]


def held(episode: Episode, entry: RecordedEvent[EpisodeHeld]) -> Episode:
    return episode.begin(entry, Interval(entry.metadata.when.latest))


def resumed(episode: Episode, entry: RecordedEvent[EpisodeResumed]) -> Episode:
    last = open_hold(episode)
    return episode if last is None else episode.end(last.id, entry.metadata.when.latest)


HOLDING = Step(
    name="episode-held.1",
    fact=EpisodeHeld,
    command="hold_episode",
    resource="hold",
    who=DESK,
    published=True,
    decide=hold,
    evolve=held,
    kind="opening",
    judges=True,
)
RESUMING = Step(
    name="episode-resumed.1",
    fact=EpisodeResumed,
    command="resume_episode",
    resource="resumption",
    who=DESK,
    published=True,
    decide=resume,
    evolve=resumed,
    kind="opening",
    judges=True,
)
