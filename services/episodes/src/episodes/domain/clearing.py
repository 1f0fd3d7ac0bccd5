"""Clearances: a licensed person outside says that care may go on with a condition, and how far."""

from dataclasses import dataclass
from typing import Annotated

from episodes.domain.codes import CONDITIONS
from episodes.domain.deciding import Asked, Decided, known
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode
from episodes.domain.refusals import RuleBroken
from episodes.domain.step import OF_BEFORE, RETRACTABLE, Step
from episodes.domain.time import Interval, When
from episodes.domain.values import Coded, Day, Document, Licensed, Limits, Screening


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearanceRecorded:
    """The clearance's id is the id of this event. It holds to the end of `valid_until`, if that is given."""

    condition: Annotated[Coded, CONDITIONS]
    by: Licensed
    valid_until: Day | None = None
    limits: Limits | None = None
    document: Document | None = None


def clear(episode: Episode, asked: Asked[ClearanceRecorded]) -> list[Decided]:
    """Refused when it ends before it begins."""
    until = asked.draft.valid_until
    if until is not None and until < asked.when.date_in_zone():
        raise RuleBroken("ends-before-it-begins", "/valid_until")
    return [Decided(asked.draft, asked.when)]


def cleared(episode: Episode, entry: Recorded[ClearanceRecorded]) -> Episode:
    when, until = entry.header.when, entry.fact.valid_until
    return episode.begin(entry, Interval(when, None if until is None else When.day(until, when.zone)))


def refuse_unknown_clearances(episode: Episode, screening: Screening | None) -> None:
    """An answer of a screening may name the clearance it rests on, which must be there."""
    for place, item in enumerate(screening.items if screening is not None else ()):
        known(episode, item.clearance_id, f"/screening/items/{place}/clearance_id", ClearanceRecorded)


CLEARING = Step(
    name="clearance-recorded.1",
    fact=ClearanceRecorded,
    resource="clearances",
    decide=clear,
    evolve=cleared,
    kind="screening",
    after_closing=OF_BEFORE,
    amended=RETRACTABLE,
)
