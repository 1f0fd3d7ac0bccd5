"""The table of the vocabulary: one line for each kind of event and the command that records it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from episodes.domain import (
    amending,
    assessing,
    checking,
    clearing,
    closing,
    consenting,
    flagging,
    holding,
    opening,
    planning,
    referring,
    responding,
    sharing,
    transferring,
    treating,
)
from episodes.domain.deciding import Asked, Decided, refuse_future
from episodes.domain.envelope import Recorded, Redacted
from episodes.domain.episode import Episode, blank
from episodes.domain.refusals import RuleBroken
from episodes.domain.step import ALWAYS, NEVER, Step
from episodes.domain.time import When, compare


def _named(name: str) -> Step:
    return BY_NAME[name]


def derived(episode: Episode) -> Episode:
    """What follows from the entries as they stand: the intervals, from the first entry on."""
    state = episode.with_parts(episode.entries, ())
    for entry in episode.entries:
        step = BY_FACT[type(entry.fact)]
        if not step.rewrites:
            state = step.evolve(state, entry)
    return state


STEPS: tuple[Step, ...] = (
    opening.OPENING,
    consenting.CONSENTING,
    consenting.WITHDRAWING,
    assessing.ASSESSING,
    clearing.CLEARING,
    planning.SETTING,
    planning.REFINING,
    checking.CHECKING,
    treating.DELIVERING,
    treating.MISSING,
    responding.RESPONDING,
    flagging.RAISING,
    flagging.CLEARING,
    sharing.SHARING,
    sharing.WITHDRAWING,
    referring.REFERRING,
    referring.WITHDRAWING,
    referring.ANSWERING,
    referring.REPORTING,
    transferring.TRANSFERRING,
    holding.HOLDING,
    holding.RESUMING,
    closing.CLOSING,
    closing.REOPENING,
    *amending.amendments(amending.Kinds(_named, derived)),
)

COMMANDS: tuple[Step, ...] = (*STEPS, sharing.EVERYWHERE)
"""All that can be asked for: one command for each kind of event, and one for many of a kind."""

BY_FACT: Mapping[type[Any], Step] = MappingProxyType({step.fact: step for step in STEPS})
BY_NAME: Mapping[str, Step] = MappingProxyType({step.name: step for step in STEPS})
BY_RESOURCE: Mapping[str, Step] = MappingProxyType({step.resource: step for step in STEPS})


def decide(episode: Episode, asked: Asked[Any]) -> list[Decided]:
    """The facts a command records. Raises `Refused`; then nothing is recorded."""
    step = BY_FACT[type(asked.draft)]
    refuse_future(asked.when, asked.now, step.time_at)
    _refuse_after_closing(episode, step, asked.when)
    return step.decide(episode, asked)


def evolve(episode: Episode | None, entry: Recorded[Any]) -> Episode:
    """The state after one more event. Never refuses, and gives the same state at every replay."""
    return evolve_all(episode or blank(entry), (entry,))


def evolve_all(episode: Episode, entries: Sequence[Recorded[Any]]) -> Episode:
    """The state after more events, as after one and the next, but what amendments change is derived once."""
    told = [(BY_FACT[type(entry.fact)], entry) for entry in entries if not isinstance(entry.fact, Redacted)]
    state = episode.advanced(entries)
    rewriting = [(step, entry) for step, entry in told if step.rewrites]
    for step, entry in rewriting:
        state = step.evolve(state, entry)
    if rewriting:
        return derived(state)
    for step, entry in told:
        state = step.evolve(state, entry)
    return state


def _refuse_after_closing(episode: Episode, step: Step, when: When) -> None:
    if step.after_closing == ALWAYS or (closed := closing.closure(episode)) is None:
        return
    if step.after_closing == NEVER or compare(when, closed.interval.since) > 0:
        raise RuleBroken("episode-closed")
