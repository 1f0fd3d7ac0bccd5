"""What came after a session: the client's response."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import Command, NewFact, require_event
from episodes.domain.episode import Episode
from episodes.domain.field_rules import EVENT, Between, Length, OneOf, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL
from episodes.domain.step import ALWAYS, RETRACTABLE, Step
from episodes.domain.values import Adverse, InstrumentResult, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Covers:
    """The days a diary or a summary speaks of, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseNoted:
    """The response to a session, so many hours after, or over days, as told by `source`."""

    session: Annotated[UUID, EVENT] | None = None
    hours_after: Annotated[float, Between(0, 100_000)] | None = None
    source: Annotated[str, OneOf("client", "guardian", "diary", "therapist", "partner")] | None = None
    covers: Covers | None = None
    readings: Annotated[tuple[Reading, ...], Length(200)] = ()
    instruments: Annotated[tuple[InstrumentResult, ...], Length(50)] = ()
    soreness_hours: Annotated[float, Between(0, 10_000)] | None = None
    client_words: Words | None = None
    note: Words | None = None
    adverse: Annotated[tuple[Adverse, ...], Length(20)] = ()


def note_response(episode: Episode, command: Command[ResponseNoted]) -> list[NewFact]:
    """A session it names is one of this episode."""
    draft = command.draft
    require_event(episode, draft.session, "/session", SessionDelivered)
    if draft.covers is not None and draft.covers.last < draft.covers.first:
        raise RuleBroken("period-ends-before-it-begins", "/covers/last")
    return [NewFact(draft, command.when)]


RESPONDING = Step(
    name="response-noted.1",
    fact=ResponseNoted,
    resource="responses",
    who=CLINICAL,
    published=True,
    decide=note_response,
    kind="responses",
    after_closing=ALWAYS,
    amended=RETRACTABLE,
)
