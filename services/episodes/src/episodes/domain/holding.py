"""Holding and resuming an episode: care pauses by agreement. What a red flag holds follows from the flags."""

from dataclasses import dataclass

from episodes.domain.deciding import Asked, Decided, refuse_before
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode, Held
from episodes.domain.form import Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.step import Step
from episodes.domain.time import Interval, When
from episodes.domain.values import Day


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeHeld:
    """Care pauses: until when is expected, not binding."""

    reason: Words
    expected_until: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeResumed:
    """Care goes on."""


def open_hold(episode: Episode) -> Held[EpisodeHeld] | None:
    """The hold that has not ended, if the episode is on hold."""
    return next((held for held in episode.spans(EpisodeHeld) if held.interval.until is None), None)


def on_hold(episode: Episode, when: When) -> bool:
    return any(held.interval.lasts_at(when) for held in episode.spans(EpisodeHeld))


def hold(episode: Episode, asked: Asked[EpisodeHeld]) -> list[Decided]:
    if open_hold(episode) is not None:
        raise RuleBroken("already-on-hold")
    return [Decided(asked.draft, asked.when)]


def resume(episode: Episode, asked: Asked[EpisodeResumed]) -> list[Decided]:
    held = open_hold(episode)
    if held is None:
        raise RuleBroken("not-on-hold")
    refuse_before(asked.when, held.interval.since)
    return [Decided(asked.draft, asked.when)]


def held(episode: Episode, entry: Recorded[EpisodeHeld]) -> Episode:
    return episode.begin(entry, Interval(entry.header.when))


def resumed(episode: Episode, entry: Recorded[EpisodeResumed]) -> Episode:
    last = open_hold(episode)
    return episode if last is None else episode.end(last.id, entry.header.when)


HOLDING = Step(
    name="episode-held.1", fact=EpisodeHeld, resource="hold", decide=hold, evolve=held, kind="opening"
)
RESUMING = Step(
    name="episode-resumed.1",
    fact=EpisodeResumed,
    resource="resumption",
    decide=resume,
    evolve=resumed,
    kind="opening",
)
