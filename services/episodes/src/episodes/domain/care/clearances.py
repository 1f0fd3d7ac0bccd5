"""Clearances: a licensed person outside says that care may go on with a condition, and how far."""

from dataclasses import dataclass
from typing import Annotated

from episodes.domain.codes import CONDITIONS
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import Shown
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL
from episodes.domain.step import OF_BEFORE, RETRACTABLE, Step
from episodes.domain.time import Interval, When
from episodes.domain.values import Coded, Day, Document, Licensed, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearanceRecorded:
    """A licensed person outside allows care with a condition. The clearance's id is the id of this event."""

    condition: Annotated[Coded, CONDITIONS]
    """The condition with which care is allowed."""
    by: Licensed
    """The licensed person outside who allows it."""
    valid_until: Day | None = None
    """The last day on which the clearance holds; if not given, it holds without end."""
    limits: Limits | None = None
    """How far a treatment may go."""
    document: Shown[Document | None] = None
    """The clearance as a document that is kept elsewhere."""


def clear(episode: Episode, command: Command[ClearanceRecorded]) -> list[NewFact]:
    """Records that a licensed person outside allows care with a condition.

    It may not end before it begins.
    """
    until = command.draft.valid_until
    if until is not None and command.when.known and until < command.when.date_in_zone():
        raise RuleBroken("ends-before-it-begins", "/valid_until")
    return [NewFact(command.draft, command.when)]


def cleared(episode: Episode, entry: RecordedEvent[ClearanceRecorded]) -> Episode:
    when, until = entry.metadata.when, entry.fact.valid_until
    return episode.begin(entry, Interval(when, None if until is None else When.day(until, when.zone)))


CLEARING = Step(
    name="clearance-recorded.1",
    fact=ClearanceRecorded,
    command="record_clearance",
    resource="clearances",
    who=CLINICAL,
    published=True,
    decide=clear,
    evolve=cleared,
    kind="screening",
    after_closing=OF_BEFORE,
    amended=RETRACTABLE,
    judges=True,
)
