"""The table of the vocabulary: one line for each kind of event and the command that records it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from episodes.domain.care import (
    amendment_steps,
    assessments,
    clearances,
    closures,
    holds,
    openings,
    plans,
    red_flags,
    referrals,
    rejudging,
    responses,
    session_checks,
    sessions,
    sharing_consents,
    transfers,
    treatment_consents,
)
from episodes.domain.care.amendments import Amendment
from episodes.domain.decision import Command, NewFact, refuse_future
from episodes.domain.episode import Episode, blank
from episodes.domain.event import RecordedEvent, Redacted
from episodes.domain.named_ids import ids_in
from episodes.domain.references import refuse_dangling
from episodes.domain.refusals import RuleBroken
from episodes.domain.step import ALWAYS, NEVER, Step
from episodes.domain.time import When, compare
from episodes.domain.written_times import placed


def _named(name: str) -> Step:
    return BY_NAME[name]


def derived(episode: Episode) -> Episode:
    """What follows from the entries as they stand: the intervals, from the first entry on."""
    state = replace(
        episode.with_parts(episode.entries, ()), judged_until=_judged_until(None, episode.entries)
    )
    for entry in episode.entries:
        step = BY_FACT[type(entry.fact)]
        if not step.rewrites:
            state = step.evolve(state, entry)
    return state


STEPS: tuple[Step, ...] = (
    openings.OPENING,
    treatment_consents.CONSENTING,
    treatment_consents.WITHDRAWING,
    assessments.ASSESSING,
    clearances.CLEARING,
    plans.SETTING,
    plans.REFINING,
    session_checks.CHECKING,
    sessions.DELIVERING,
    sessions.MISSING,
    responses.RESPONDING,
    red_flags.RAISING,
    red_flags.CLEARING,
    sharing_consents.SHARING,
    sharing_consents.WITHDRAWING,
    referrals.REFERRING,
    referrals.WITHDRAWING,
    referrals.ANSWERING,
    referrals.REPORTING,
    transfers.TRANSFERRING,
    holds.HOLDING,
    holds.RESUMING,
    closures.CLOSING,
    closures.REOPENING,
    *amendment_steps.amendments(amendment_steps.Kinds(_named, derived)),
    rejudging.REJUDGING,
)

COMMANDS: tuple[Step, ...] = (*(step for step in STEPS if step.offered), sharing_consents.EVERYWHERE)
"""All that can be asked for: one command for each kind of event, and one for many of a kind."""

BY_FACT: Mapping[type[Any], Step] = MappingProxyType({step.fact: step for step in STEPS})
BY_NAME: Mapping[str, Step] = MappingProxyType({step.name: step for step in STEPS})
BY_RESOURCE: Mapping[str, Step] = MappingProxyType({step.resource: step for step in STEPS})


def decide(episode: Episode, command: Command[Any]) -> list[NewFact]:
    """The facts a command records. Raises `Refused`; then nothing is recorded."""
    step = BY_FACT[type(command.draft)]
    refuse_future(command.when, command.now, step.time_at)
    _refuse_after_closing(episode, step, command.when)
    refuse_dangling(episode, ids_in(command.draft))
    if isinstance(command.draft, Amendment):  # in the time zone of its entry
        return step.decide(episode, command)
    draft = placed(command.draft, command.when)
    return step.decide(episode, command if draft is command.draft else replace(command, draft=draft))


def judged_anew(before: Episode, episode: Episode, recorded: Sequence[RecordedEvent[Any]]) -> list[NewFact]:
    """What the events of a command change in the judgement of sessions: `before` is the state before them,
    and `episode` that after them.
    """
    reaching = [entry for entry in recorded if _judges(entry.fact)]
    if not reaching or rejudging.all_later(before, reaching):
        return []
    return rejudging.judged_anew(episode, reaching, recorded)


def _judges(fact: object) -> bool:
    """Whether sessions are judged by this fact, or by the entry that it amends."""
    step = BY_NAME.get(fact.of) if isinstance(fact, Amendment) else BY_FACT.get(type(fact))
    return step is not None and step.judges


def evolve(episode: Episode | None, entry: RecordedEvent[Any]) -> Episode:
    """The state after one more event. Never refuses, and gives the same state at every replay."""
    return evolve_all(episode or blank(entry), (entry,))


def evolve_all(episode: Episode, entries: Sequence[RecordedEvent[Any]]) -> Episode:
    """The state after more events, as after one and the next, but what amendments change is derived once."""
    told = [(BY_FACT[type(entry.fact)], entry) for entry in entries if not isinstance(entry.fact, Redacted)]
    state = episode.advanced(entries, _judged_until(episode.judged_until, entries))
    rewriting = [(step, entry) for step, entry in told if step.rewrites]
    for step, entry in rewriting:
        state = step.evolve(state, entry)
    if rewriting:
        return derived(state)
    for step, entry in told:
        state = step.evolve(state, entry)
    return state


def _judged_until(until: datetime | None, entries: Sequence[RecordedEvent[Any]]) -> datetime | None:
    """The time after which nothing reaches these entries, or those before them."""
    for entry in entries:
        if isinstance(entry.fact, rejudging.JUDGED):
            past = entry.metadata.when.surely_past
            until = past if until is None or past > until else until
    return until


def _refuse_after_closing(episode: Episode, step: Step, when: When) -> None:
    if step.after_closing == ALWAYS or (closed := closures.closure(episode)) is None:
        return
    if step.after_closing == NEVER or compare(when, closed.interval.since) > 0:
        raise RuleBroken("episode-closed")


def kind_of(fact: object) -> str | None:
    """The kind a client consents to share for this fact; none goes to no partner.

    An amendment is of the kind of the entry it points at.
    """
    step = BY_NAME.get(fact.of) if isinstance(fact, Amendment) else BY_FACT.get(type(fact))
    return None if step is None else step.kind


def may_concern(fact: object, partner: UUID) -> bool:
    """A referral and what follows from it are for the partner it names alone."""
    return kind_of(fact) != "referrals" or getattr(fact, "partner", None) == partner
