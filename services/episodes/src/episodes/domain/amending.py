"""Deciding on amendments: which entry is meant, may it be amended, and would it be taken so now."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from episodes.domain.amendments import (
    Amendment,
    AmendmentRefused,
    EntryAddedTo,
    EntryAttested,
    EntryCorrected,
    EntryRetracted,
    added,
    corrected,
    retracted,
    without,
)
from episodes.domain.closing import closure
from episodes.domain.deciding import Asked, Decide, Decided, known, refuse_future
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode
from episodes.domain.opening import EpisodeOpened
from episodes.domain.planning import Plan
from episodes.domain.refusals import Refused, RuleBroken, Unknown
from episodes.domain.step import ALWAYS, RETRACTABLE, UNCHANGEABLE, Step
from episodes.domain.time import When, compare


@dataclass(frozen=True, slots=True)
class Kinds:
    """What amendments must know of all kinds: the step of a name, and the state that follows from entries."""

    step: Callable[[str], Step]
    derived: Callable[[Episode], Episode]


def original(episode: Episode, event_id: UUID | None) -> Recorded[Any]:
    """The entry an amendment is about. One that points at a correction means what that one corrected."""
    entry = None if event_id is None else episode.entry(event_id)
    if entry is None:
        raise Unknown("unknown-event")
    return original(episode, entry.fact.event) if isinstance(entry.fact, Amendment) else entry


def adding(kinds: Kinds) -> Decide:
    def add(episode: Episode, asked: Asked[EntryAddedTo]) -> list[Decided]:
        """Refused for what is there already: that is a correction; and for what would not have been taken."""
        draft, (entry, step) = asked.draft, _amendable(kinds, episode, asked)
        for name in draft.added:
            if getattr(entry.fact, name) not in (None, ()):
                raise RuleBroken("already-stated", f"/added/{name}")
        if all(part in (None, ()) for part in draft.added.values()):
            raise RuleBroken("addition-adds-nothing", "/added")
        _refuse_ill_added(kinds, episode, asked, entry, step)
        return [_about(entry, draft, asked)]

    return add


def correcting(kinds: Kinds) -> Decide:
    def correct(episode: Episode, asked: Asked[EntryCorrected]) -> list[Decided]:
        """The replacement is decided as it would be now, on the episode without what it replaces."""
        draft, (entry, step) = asked.draft, _amendable(kinds, episode, asked)
        if isinstance(entry.fact, EpisodeOpened) and draft.replacement.client != entry.fact.client:
            raise RuleBroken("another-client", "/replacement/client")
        when = _happened(entry, step, draft)
        told_at = f"/replacement{step.time_at}" if step.own_time else "/happened_at"
        refuse_future(when, asked.now, told_at)
        _refuse_after_closing(episode, step, when, told_at)
        before = kinds.derived(without(episode, entry.header.event_id))
        with _refused_at("replacement"):
            first, *more = step.decide(before, _again(entry, asked, draft.replacement, when))
        corrected = replace(
            draft, replacement=first.fact, happened_at=when.at, happened_precision=when.precision
        )
        return [_about(entry, corrected, asked), *(replace(item, labels=entry.labels) for item in more)]

    return correct


def retracting(kinds: Kinds) -> Decide:
    def retract(episode: Episode, asked: Asked[EntryRetracted]) -> list[Decided]:
        """Refused for what a plan rests on: that may be corrected."""
        entry, step = _amendable(kinds, episode, asked)
        if step.amended != RETRACTABLE:
            raise RuleBroken("corrected-not-retracted")
        if entry.header.event_id in _cited(episode):
            raise RuleBroken("cited-as-evidence")
        return [_about(entry, asked.draft, asked)]

    return retract


def attest(episode: Episode, asked: Asked[EntryAttested]) -> list[Decided]:
    for place, event_id in enumerate(asked.draft.events):
        known(episode, event_id, f"/events/{place}")
    return [Decided(asked.draft, asked.when)]


def refuse_amendment(episode: Episode, asked: Asked[AmendmentRefused]) -> list[Decided]:
    entry = original(episode, asked.about)
    return [Decided(replace(asked.draft, event=entry.header.event_id), asked.when, labels=entry.labels)]


def _amendable(kinds: Kinds, episode: Episode, asked: Asked[Any]) -> tuple[Recorded[Any], Step]:
    """The original and its step, if it may be amended and the draft speaks of its kind."""
    entry = original(episode, asked.about)
    step = kinds.step(entry.header.type)
    if step.amended == UNCHANGEABLE:
        raise RuleBroken("amended-by-its-opposite")
    if asked.draft.of not in ("", step.name):
        raise RuleBroken("entry-of-another-kind", "/of")
    return entry, step


def _again(entry: Recorded[Any], asked: Asked[Any], fact: Any, when: When) -> Asked[Any]:
    """The question the entry once answered, asked anew: under its own id, about what and by whom it was."""
    return replace(
        asked,
        draft=fact,
        when=when,
        event_ids=(entry.header.event_id, *asked.event_ids[1:]),
        about=getattr(entry.fact, "referral_id", None),
        partner=getattr(entry.fact, "partner", None),
    )


@contextmanager
def _refused_at(part: str) -> Iterator[None]:
    """What is refused inside is in that part of the body."""
    try:
        yield
    except Refused as refusal:
        raise type(refusal)(refusal.rule, f"/{part}{refusal.pointer}", refusal.detail) from None


def _refuse_ill_added(
    kinds: Kinds, episode: Episode, asked: Asked[EntryAddedTo], entry: Recorded[Any], step: Step
) -> None:
    """Refuses parts with which the entry would have been refused. One that would be refused even without
    them, for what changed since, may still be added to.
    """
    before = kinds.derived(without(episode, entry.header.event_id))

    def decide(fact: Any) -> None:
        when = entry.header.when
        if step.own_time is not None:
            when = step.own_time(fact, when.zone)
        step.decide(before, _again(entry, asked, fact, when))

    try:
        decide(entry.fact)
    except Refused:
        return
    with _refused_at("added"):
        decide(replace(entry.fact, **asked.draft.added))


def _cited(episode: Episode) -> set[UUID]:
    """The entries that plans rest on, as evidence or as their basis."""
    named = {
        event
        for plan in episode.of(Plan)
        for event in (*plan.fact.based_on, *getattr(plan.fact, "evidence", ()))
    }
    about = (entry.fact for entry in episode.of(Amendment) if entry.header.event_id in named)
    return named | {fact.event for fact in about if fact.event is not None}


def _happened(entry: Recorded[Any], step: Step, draft: EntryCorrected) -> When:
    """When the corrected entry happened: by its own time, as told anew, or as before."""
    before = entry.header.when
    stated = None
    if draft.happened_at is None and draft.happened_precision is not None:
        raise RuleBroken("precision-without-a-time", "/happened_precision")
    if draft.happened_at is not None:
        stated = When.of(draft.happened_at, draft.happened_precision or before.precision, before.zone)
    if step.own_time is None:
        return stated or before
    own = step.own_time(draft.replacement, before.zone)
    if stated is not None and compare(own, stated) != 0:
        raise RuleBroken("contradicting-times", "/happened_at")
    return own


def _refuse_after_closing(episode: Episode, step: Step, when: When, pointer: str) -> None:
    """A correction moves nothing into the time after the closing that could not have been recorded of it."""
    closed = closure(episode)
    if closed and step.after_closing != ALWAYS and compare(when, closed.interval.since) > 0:
        raise RuleBroken("episode-closed", pointer)


def _about(entry: Recorded[Any], draft: Any, asked: Asked[Any]) -> Decided:
    concerned = getattr(entry.fact, "partner", None)
    about = replace(draft, event=entry.header.event_id, of=entry.header.type, partner=concerned)
    return Decided(about, asked.when, labels=entry.labels)


def amendments(kinds: Kinds) -> tuple[Step, ...]:
    """The steps of this module, for the table that knows all kinds."""
    return (
        Step(
            name="entry-added-to.1",
            fact=EntryAddedTo,
            resource="events/{about}/addition",
            decide=adding(kinds),
            evolve=added,
            after_closing=ALWAYS,
            rewrites=True,
        ),
        Step(
            name="entry-corrected.1",
            fact=EntryCorrected,
            resource="events/{about}/correction",
            decide=correcting(kinds),
            evolve=corrected,
            after_closing=ALWAYS,
            rewrites=True,
            most_events=2,
        ),
        Step(
            name="entry-retracted.1",
            fact=EntryRetracted,
            resource="events/{about}/retraction",
            decide=retracting(kinds),
            evolve=retracted,
            after_closing=ALWAYS,
            rewrites=True,
        ),
        Step(
            name="entry-attested.1",
            fact=EntryAttested,
            resource="attestations",
            decide=attest,
            after_closing=ALWAYS,
        ),
        Step(
            name="amendment-refused.1",
            fact=AmendmentRefused,
            resource="events/{about}/amendment-refusal",
            decide=refuse_amendment,
            after_closing=ALWAYS,
        ),
    )
