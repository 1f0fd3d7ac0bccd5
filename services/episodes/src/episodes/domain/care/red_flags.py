"""Red flags: a sign that care may be unsafe and someone must look; and who cleared them, on what grounds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import Annotated
from uuid import UUID

from episodes.domain.codes import RED_FLAGS
from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED, EVENT, Length, OneOf, Shown, Words
from episodes.domain.refusals import RuleBroken, Unknown
from episodes.domain.roles import CLINICAL
from episodes.domain.step import ALWAYS, RETRACTABLE, Step
from episodes.domain.time import Interval, When, compare
from episodes.domain.values import Coded, Day, Document, Licensed, Limits, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlagRaised:
    """A sign that care may be unsafe. The flag's id is the id of this event."""

    code: Annotated[Coded, RED_FLAGS]
    """What the sign is."""
    source: Annotated[
        str, OneOf("assessment", "session_check", "session", "response", "client", "partner", "other")
    ]
    """Where the sign was noticed, or who told of it."""
    source_event: Annotated[UUID, EVENT] | None = None
    """The event of this episode in which the sign was noticed."""
    sites: Shown[Annotated[tuple[Site, ...], Length(30)]] = ()
    """The places on the body that the sign is about."""
    urgency: Shown[Annotated[str, OneOf("routine", "urgent", "emergency")]] = "urgent"
    """How soon somebody must look at it."""
    action_advised: Shown[Words | None] = None
    """What is advised to be done, in words."""
    holds_care: bool = False
    """Whether care is held while the flag stands: checks say stop, and a session breaks a rule."""


ACCEPTED = "accepted_with_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlagCleared:
    """Somebody with the authority says that the flag stands no more."""

    flag_id: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The flag that is cleared, as the path names it."""
    finding: Annotated[str, OneOf("ruled_out", "treated", ACCEPTED)]
    """What was found of the sign; `accepted_with_limits` needs `limits`."""
    authority: Licensed
    """The licensed person outside who cleared the flag."""
    limits: Limits | None = None
    """How far a treatment may go from now on."""
    document: Shown[Document | None] = None
    """The finding as a document that is kept elsewhere."""
    valid_until: Day | None = None
    """The last day of the clearing, after which the flag stands again; if not given, it never does."""


def raise_flag(episode: Episode, command: Command[RedFlagRaised]) -> list[NewFact]:
    """Raises a red flag: a sign that care may be unsafe. It may hold care until it is cleared."""
    return [NewFact(command.draft, command.when)]


def flag_open(episode: Episode, entry: RecordedEvent[RedFlagRaised]) -> Episode:
    return episode.begin(entry, Interval(entry.metadata.when.latest))


def clear_flag(episode: Episode, command: Command[RedFlagCleared]) -> list[NewFact]:
    """Records that a red flag no longer stands, by somebody with the authority to say so.

    The flag must exist, and stand now or then.
    """
    draft, when = command.draft, command.when
    flags = [held for held in episode.spans_of(RedFlagRaised) if held.id == command.about]
    if not flags:
        raise Unknown("unknown-flag")
    refuse_before(when, flags[0].entry.metadata.when)
    if not any(held.interval.until is None or held.interval.holds_at(when) for held in flags):
        raise RuleBroken("flag-already-cleared")
    if draft.finding == ACCEPTED and draft.limits is None:
        raise RuleBroken("acceptance-needs-its-limits", "/limits")
    if draft.valid_until is not None and when.known and draft.valid_until < when.date_in_zone():
        raise RuleBroken("ends-before-it-begins", "/valid_until")
    return [NewFact(replace(draft, flag_id=command.about), when)]


def flag_cleared(episode: Episode, entry: RecordedEvent[RedFlagCleared]) -> Episode:
    """The flag ends; a clearing that is valid for some time lets it stand again after that."""
    fact, when = entry.fact, entry.metadata.when.latest
    flag = next((held for held in episode.spans_of(RedFlagRaised) if held.id == fact.flag_id), None)
    if flag is None:
        return episode
    last = None if fact.valid_until is None else When.day(fact.valid_until, when.zone)
    state = episode.begin(entry, Interval(when, last))
    clearings = [held.interval for held in state.spans_of(RedFlagCleared) if held.fact.flag_id == flag.id]
    spans = [one for one in state.spans if one.id != flag.id]
    stands = [Span(flag.entry, interval) for interval in _stands(flag.entry.metadata.when.latest, clearings)]
    return state.with_parts(state.entries, (*spans, *stands))


def _stands(raised: When, clearings: Sequence[Interval]) -> Iterator[Interval]:
    """When a flag stands: until a clearing, and again after its last day. At any time the newest clearing by
    its own time counts, whichever was recorded first; of two at one time that which ends first.
    """
    since: When | None = raised
    for clearing in sorted(clearings, key=_newest_last):
        if since is not None and compare(clearing.since, since) >= 0:
            yield Interval(since, clearing.since)
        since = None if clearing.until is None else clearing.until.next_day()
    if since is not None:
        yield Interval(since)


def _newest_last(clearing: Interval) -> tuple[datetime, float]:
    return clearing.since.at, -inf if clearing.until is None else -clearing.until.at.timestamp()


def care_is_held(episode: Episode, when: When) -> bool:
    """Whether an open flag that holds care stood at `when`."""
    return any(
        held.fact.holds_care and held.interval.holds_at(when) for held in episode.spans_of(RedFlagRaised)
    )


def accepted_with_limits(episode: Episode, when: When) -> bool:
    """Whether care went on at `when` only because a flag was accepted with limits."""
    return any(
        held.fact.finding == ACCEPTED and held.interval.holds_at(when)
        for held in episode.spans_of(RedFlagCleared)
    )


RAISING = Step(
    name="red-flag-raised.1",
    fact=RedFlagRaised,
    command="raise_red_flag",
    resource="red-flags",
    who=CLINICAL,
    published=True,
    decide=raise_flag,
    evolve=flag_open,
    kind="flags",
    after_closing=ALWAYS,
    amended=RETRACTABLE,
    judges=True,
)
CLEARING = Step(
    name="red-flag-cleared.1",
    fact=RedFlagCleared,
    command="clear_red_flag",
    resource="red-flags/{about}/clearance",
    who=CLINICAL,
    published=True,
    decide=clear_flag,
    evolve=flag_cleared,
    kind="flags",
    after_closing=ALWAYS,
    judges=True,
)
