"""Handing an episode over: to another therapist, perhaps of another clinic of the network."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from episodes.domain.care.openings import Responsibility
from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import CLINIC, COMPUTED, STAFF, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import DESK
from episodes.domain.step import Step
from episodes.domain.time import Interval, When, compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """The therapist who answers for an episode, and the clinic that has it."""

    therapist: Annotated[UUID, STAFF]
    """The therapist who answers for the episode."""
    clinic: Annotated[UUID, CLINIC]
    """The clinic that has the episode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityTransferred:
    """The episode is handed over. From this event on, itself included, it is the new clinic's."""

    former: Annotated[Responsible | None, COMPUTED] = None
    """Who had the episode before; set by the service."""
    to: Responsible
    """Who takes the episode over."""
    reason: Words
    """Why the episode is handed over, in words."""
    accepted_by: Annotated[UUID, STAFF] | None = None
    """The member of staff who accepted the transfer."""


def responsible(episode: Episode) -> Span[Responsibility] | None:
    """Who answers for the episode now; unknown only of an erased client's."""
    spans = list(episode.spans_of(Responsibility))
    return spans[-1] if spans else None


def zone_then(episode: Episode, told: Callable[[str], When | None], zone: str) -> str:
    """The time zone in which a day is told: that of the clinic which had the episode then.

    `told` is the time as it would be in a zone, and `zone` that of the clinic which has the episode now. A
    transfer is told in the time zone of the clinic that hands the episode over.
    """
    for held in reversed(tuple(episode.spans_of(Responsibility))[1:]):
        when = told(zone)
        if when is None or not when.known or compare(when, held.interval.since) >= 0:
            break
        zone = held.entry.metadata.zone
    return zone


def transfer(episode: Episode, command: Command[ResponsibilityTransferred]) -> list[NewFact]:
    """Hands the episode to another therapist or clinic, of which one must change.

    From this event on, itself included, it is the new clinic's.
    """
    draft, last = command.draft, responsible(episode)
    former = None
    if last is not None:
        refuse_before(command.when, last.entry.metadata.when)
        former = Responsible(therapist=last.fact.therapist, clinic=last.fact.clinic)
    if draft.to == former:
        raise RuleBroken("transfer-changes-nothing", "/to")
    return [NewFact(replace(draft, former=former), command.when, clinic=draft.to.clinic)]


def transferred(episode: Episode, entry: RecordedEvent[ResponsibilityTransferred]) -> Episode:
    when, last, to = entry.metadata.when.latest, responsible(episode), entry.fact.to
    ended = episode if last is None else episode.end(last.id, when)
    taken = RecordedEvent(entry.metadata, Responsibility(to.therapist, to.clinic))
    return ended.begin(taken, Interval(when))


TRANSFERRING = Step(
    name="responsibility-transferred.1",
    fact=ResponsibilityTransferred,
    command="transfer_episode",
    resource="transfers",
    who=DESK,
    published=True,
    decide=transfer,
    evolve=transferred,
    kind="opening",
)
