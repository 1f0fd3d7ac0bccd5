"""Deciding on amendments: which entry is meant, may it be amended, and would it be taken so now."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import (
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
from episodes.domain.care.closures import closure
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.plans import Plan
from episodes.domain.decision import Command, Decide, NewFact, refuse_future
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.named_ids import ids_among, ids_in
from episodes.domain.references import refuse_dangling
from episodes.domain.refusals import Refused, RuleBroken, Unknown
from episodes.domain.roles import CLIENTS_RIGHTS, CLINICAL
from episodes.domain.step import ALWAYS, RETRACTABLE, UNCHANGEABLE, Step
from episodes.domain.time import When, compare
from episodes.domain.written_times import Said, placed, written


@dataclass(frozen=True, slots=True)
class Kinds:
    """What amendments must know of all kinds: the step of a name, and the state that follows from entries."""

    step: Callable[[str], Step]
    derived: Callable[[Episode], Episode]


def original(episode: Episode, event_id: UUID | None) -> RecordedEvent[Any]:
    """The entry an amendment is about. One that points at a correction means what that one corrected."""
    entry = None if event_id is None else episode.entry(event_id)
    if entry is None:
        raise Unknown("unknown-event")
    return original(episode, entry.fact.event) if isinstance(entry.fact, Amendment) else entry


def adding(kinds: Kinds) -> Decide:
    def add(episode: Episode, command: Command[EntryAddedTo]) -> list[NewFact]:
        """Fills what an entry had left out, by the rules that held for the entry.

        What is there already is corrected instead.
        """
        draft, (entry, step) = command.draft, _amendable(kinds, episode, command)
        for name in draft.added:
            if getattr(entry.fact, name) not in (None, ()):
                raise RuleBroken("already-stated", f"/added/{name}")
        if all(part in (None, ()) for part in draft.added.values()):
            raise RuleBroken("addition-adds-nothing", "/added")
        _refuse_ill_added(kinds, episode, command, entry, step)
        when = _time_with(entry, step, replace(entry.fact, **draft.added))
        if when != entry.metadata.when:
            draft = replace(draft, happened_at=when.at, happened_precision=when.precision)
        return [_about(entry, draft, command)]

    return add


def correcting(kinds: Kinds) -> Decide:
    def correct(episode: Episode, command: Command[EntryCorrected]) -> list[NewFact]:
        """Replaces an entry that was wrong, whole.

        The replacement is decided as it would be now, on the episode without the entry it replaces.
        """
        draft, (entry, step) = command.draft, _amendable(kinds, episode, command)
        if isinstance(entry.fact, EpisodeOpened) and draft.replacement.client != entry.fact.client:
            raise RuleBroken("another-client", "/replacement/client")
        when = _happened(entry, step, draft)
        told_at = f"/replacement{step.time_at}" if step.own_time else "/happened_at"
        refuse_future(when, command.now, told_at)
        _refuse_after_closing(episode, step, when, told_at)
        before = kinds.derived(without(episode, entry.metadata.event_id))
        refuse_dangling(before, ids_in(draft.replacement, "/replacement"))
        with _refused_at("replacement"):
            replacement = placed(draft.replacement, when)
            first, *more = step.decide(before, _again(entry, command, replacement, when))
        corrected = replace(
            draft, replacement=first.fact, happened_at=when.at, happened_precision=when.precision
        )
        return [_about(entry, corrected, command), *(replace(item, labels=entry.labels) for item in more)]

    return correct


def retracting(kinds: Kinds) -> Decide:
    def retract(episode: Episode, command: Command[EntryRetracted]) -> list[NewFact]:
        """Records that an entry should never have been recorded.

        An entry on which a plan rests is corrected instead.
        """
        entry, step = _amendable(kinds, episode, command)
        if step.amended != RETRACTABLE:
            raise RuleBroken("corrected-not-retracted")
        if entry.metadata.event_id in _cited(episode):
            raise RuleBroken("cited-as-evidence")
        return [_about(entry, command.draft, command)]

    return retract


def attest(episode: Episode, command: Command[EntryAttested]) -> list[NewFact]:
    """Records that a licensed person vouches for entries, as a supervisor does for a student's."""
    return [NewFact(command.draft, command.when)]


def refuse_amendment(episode: Episode, command: Command[AmendmentRefused]) -> list[NewFact]:
    """Records that a correction the client asked for was refused, why, and what the client says to it."""
    entry = original(episode, command.about)
    return [NewFact(replace(command.draft, event=entry.metadata.event_id), command.when, labels=entry.labels)]


def _amendable(kinds: Kinds, episode: Episode, command: Command[Any]) -> tuple[RecordedEvent[Any], Step]:
    """The original and its step, if it may be amended and the draft speaks of its kind."""
    entry = original(episode, command.about)
    step = kinds.step(entry.metadata.type)
    if step.amended == UNCHANGEABLE:
        raise RuleBroken("amended-by-its-opposite")
    if command.draft.of not in ("", step.name):
        raise RuleBroken("entry-of-another-kind", "/of")
    return entry, step


def _again(entry: RecordedEvent[Any], command: Command[Any], fact: Any, when: When) -> Command[Any]:
    """The question the entry once answered, asked anew: under its own id, about what and by whom it was."""
    return replace(
        command,
        draft=fact,
        when=when,
        event_ids=(entry.metadata.event_id, *command.event_ids[1:]),
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
    kinds: Kinds, episode: Episode, command: Command[EntryAddedTo], entry: RecordedEvent[Any], step: Step
) -> None:
    """Refuses parts with which the entry would have been refused. One that would be refused even without
    them, for what changed since, may still be added to.
    """
    before = kinds.derived(without(episode, entry.metadata.event_id))
    refuse_dangling(before, ids_among(type(entry.fact), command.draft.added, "/added"))

    def decide(fact: Any) -> None:
        refuse_dangling(before, ids_in(fact))
        step.decide(before, _again(entry, command, fact, _time_with(entry, step, fact)))

    try:
        decide(entry.fact)
    except Refused:
        return
    with _refused_at("added"):
        decide(replace(entry.fact, **command.draft.added))


def _time_with(entry: RecordedEvent[Any], step: Step, fact: Any) -> When:
    """When the entry happened, told as `fact`: as before, unless it states another time of its own."""
    when = entry.metadata.when
    if step.own_time is None or step.own_time(fact, when.zone) == step.own_time(entry.fact, when.zone):
        return when
    return step.own_time(fact, when.zone)


def _cited(episode: Episode) -> set[UUID]:
    """The entries that plans rest on, as evidence or as their basis."""
    named = {
        event
        for plan in episode.of(Plan)
        for event in (*plan.fact.based_on, *getattr(plan.fact, "evidence", ()))
    }
    about = (entry.fact for entry in episode.of(Amendment) if entry.metadata.event_id in named)
    return named | {fact.event for fact in about if fact.event is not None}


def _happened(entry: RecordedEvent[Any], step: Step, draft: EntryCorrected) -> When:
    """When the corrected entry happened: by its own time, as told anew, or as before."""
    before, told = entry.metadata.when, draft.happened_at
    own = None if step.own_time is None else step.own_time(draft.replacement, before.zone)
    if own is not None and told is None and draft.happened_precision is None:
        return _time_with(entry, step, draft.replacement)  # shown as a day, a month is sent back as one
    beside = None if told is None else written(told, before.zone)
    said = Said(
        own=own,
        beside=beside,
        precision=draft.happened_precision or _precision_kept(before, beside),
        latest=entry.metadata.recorded_at if before.known else before.at,
        beside_at="/happened_at",
        precision_at="/happened_precision",
    )
    return said.when(before)


def _precision_kept(before: When, told: When | None) -> str | None:
    """How exactly it was known before, if the time told anew says no more than that."""
    if told is None or not before.known or not told.is_finer_than(before):
        return None
    return before.precision if When.of(told.at, before.precision, told.zone).at == told.at else None


def _refuse_after_closing(episode: Episode, step: Step, when: When, pointer: str) -> None:
    """A correction moves nothing into the time after the closing that could not have been recorded of it."""
    closed = closure(episode)
    if closed and step.after_closing != ALWAYS and compare(when, closed.interval.since) > 0:
        raise RuleBroken("episode-closed", pointer)


def _about(entry: RecordedEvent[Any], draft: Any, command: Command[Any]) -> NewFact:
    concerned = getattr(entry.fact, "partner", None)
    about = replace(draft, event=entry.metadata.event_id, of=entry.metadata.type, partner=concerned)
    return NewFact(about, command.when, labels=entry.labels)


def amendments(kinds: Kinds) -> tuple[Step, ...]:
    """The steps of this module, for the table that knows all kinds."""
    return (
        Step(
            name="entry-added-to.1",
            fact=EntryAddedTo,
            command="add_to_entry",
            resource="events/{about}/addition",
            who=CLINICAL,
            published=True,
            decide=adding(kinds),
            evolve=added,
            after_closing=ALWAYS,
            rewrites=True,
        ),
        Step(
            name="entry-corrected.1",
            fact=EntryCorrected,
            command="correct_entry",
            resource="events/{about}/correction",
            who=CLINICAL,
            published=True,
            decide=correcting(kinds),
            evolve=corrected,
            after_closing=ALWAYS,
            rewrites=True,
            most_events=2,
        ),
        Step(
            name="entry-retracted.1",
            fact=EntryRetracted,
            command="retract_entry",
            resource="events/{about}/retraction",
            who=CLINICAL,
            published=True,
            decide=retracting(kinds),
            evolve=retracted,
            after_closing=ALWAYS,
            rewrites=True,
        ),
        Step(
            name="entry-attested.1",
            fact=EntryAttested,
            command="attest_entries",
            resource="attestations",
            who=CLINICAL,
            published=True,
            decide=attest,
            after_closing=ALWAYS,
        ),
        Step(
            name="amendment-refused.1",
            fact=AmendmentRefused,
            command="refuse_amendment",
            resource="events/{about}/amendment-refusal",
            who=CLIENTS_RIGHTS,
            decide=refuse_amendment,
            after_closing=ALWAYS,
        ),
    )
