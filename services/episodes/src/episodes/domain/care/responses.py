"""What came after a session: the client's response."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.field_rules import A_SESSION, Between, Length, OneOf, Shown, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL
from episodes.domain.step import ALWAYS, RETRACTABLE, Step
from episodes.domain.values import Adverse, InstrumentResult, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Covers:
    """The days a diary or a summary speaks of, both included."""

    first: date
    """The first day that is covered."""
    last: date
    """The last day that is covered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseNoted:
    """How the client was after a session, or over some days."""

    session: Shown[Annotated[UUID, A_SESSION] | None] = None
    """The session of this episode that the client responds to."""
    hours_after: Shown[Annotated[float, Between(0, 100_000)] | None] = None
    """How many hours after the session the response was."""
    source: Shown[Annotated[str, OneOf("client", "guardian", "diary", "therapist", "partner")] | None] = None
    """Who told of the response, or where it was written down."""
    covers: Shown[Covers | None] = None
    """The days that the response speaks of."""
    readings: Shown[Annotated[tuple[Reading, ...], Length(200)]] = ()
    """The readings that were taken or told."""
    instruments: Shown[Annotated[tuple[InstrumentResult, ...], Length(50)]] = ()
    """The results of the questionnaires that were used."""
    soreness_hours: Shown[Annotated[float, Between(0, 10_000)] | None] = None
    """How long the client was sore, in hours."""
    client_words: Shown[Words | None] = None
    """What the client said, in the client's own words."""
    note: Shown[Words | None] = None
    """What else there is to note of the response, in words."""
    adverse: Shown[Annotated[tuple[Adverse, ...], Length(20)]] = ()
    """The unwanted reactions to the treatment."""


def note_response(episode: Episode, command: Command[ResponseNoted]) -> list[NewFact]:
    """Records how the client was after a session, which must be one of this episode, or over some days."""
    draft = command.draft
    if draft.covers is not None and draft.covers.last < draft.covers.first:
        raise RuleBroken("period-ends-before-it-begins", "/covers/last")
    return [NewFact(draft, command.when)]


RESPONDING = Step(
    name="response-noted.1",
    fact=ResponseNoted,
    command="note_response",
    resource="responses",
    who=CLINICAL,
    published=True,
    decide=note_response,
    kind="responses",
    after_closing=ALWAYS,
    amended=RETRACTABLE,
)
