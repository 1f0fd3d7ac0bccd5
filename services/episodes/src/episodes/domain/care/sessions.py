"""Sessions: what was done is always recorded, with the rules it broke; a session not delivered too."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from episodes.domain.breaches import Breach
from episodes.domain.care.holding import holding_care
from episodes.domain.care.limits import binding_limits, identity, pressed_beyond
from episodes.domain.care.plans import Plan, missing_plan
from episodes.domain.care.session_checks import SessionChecked, says_stop
from episodes.domain.care.treatment_consents import broken_consent
from episodes.domain.codes import ADVICE
from episodes.domain.decision import Command, NewFact, refuse_future
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import (
    A_CHECK,
    AS_KNOWN,
    ONCE,
    STAFF,
    VISIT,
    Between,
    Length,
    Line,
    OneOf,
    Shown,
    Words,
)
from episodes.domain.refusals import RuleBroken
from episodes.domain.roles import CLINICAL, DESK
from episodes.domain.step import OF_BEFORE, RETRACTABLE, Step
from episodes.domain.time import When, compare
from episodes.domain.values import (
    Adverse,
    Coded,
    HealthUpdate,
    Instant,
    Limits,
    Minutes,
    Reading,
    Screening,
    Technique,
)
from episodes.domain.written_times import written


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedEarly:
    """The session ended before it was meant to."""

    by: Annotated[str, OneOf("client", "therapist", "other")]
    """Who ended the session."""
    reason: Words | None = None
    """Why the session ended early, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody else in the room."""

    id: Annotated[UUID, STAFF, ONCE]
    """The id of the person in the directory of staff; a session lists each person once."""
    role: Annotated[str, OneOf("assistant", "student", "supervisor", "interpreter")]
    """The role in which the person took part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapNote:
    """A note of the session in four parts: subjective, objective, assessment, plan."""

    subjective: Words | None = None
    """What the client reported."""
    objective: Words | None = None
    """What the therapist observed."""
    assessment: Words | None = None
    """What the therapist concludes."""
    plan: Words | None = None
    """What is to be done next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Advice that was given to the client."""

    kind: Annotated[Coded, ADVICE]
    """The kind of advice, such as stretching or posture."""
    words: Words | None = None
    """The advice in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDelivered:
    """One treatment, as it was given."""

    visit: Annotated[UUID, VISIT] | None = None
    """The caller's own id of the visit that the session belongs to, the same however often it is sent. A
    visit has one session at most: so a session that is sent twice, under two idempotency keys, is recorded
    once."""
    date_of_service: Annotated[date, AS_KNOWN]
    """The day of the session in the clinic's time zone; `start` must be of the same day. It may be given as a
    month or year, if no more is known; then it is shown as the first day of it, and `precision` says so."""
    start: Instant | None = None
    """When the session began; if not given, only its day is known."""
    end: Instant | None = None
    """When the session ended."""
    duration: Minutes | None = None
    """How long the session lasted, in minutes. Where it is not given, it is the time from `start` to `end`,
    if both are; where all three are given, it is recorded as told, with a warning if it differs from that
    time by more than a minute. If the minutes of the techniques add up to more, a rule counts as broken."""
    place: Shown[Annotated[str, OneOf("clinic", "home", "workplace", "hospital", "other")] | None] = None
    """The kind of place where the session took place."""
    plan_version: Shown[Annotated[int, Between(1, 10_000)] | None] = None
    """The version of the plan that was followed; the episode must have it."""
    check_id: Annotated[UUID, A_CHECK] | None = None
    """The id of the session check made before the session; a session without one breaks a rule of care. It is
    the id of the event in the answer to the check: whoever has no answer yet, as a device that is offline,
    sends the check first and the session once it is answered."""
    health_update: Shown[HealthUpdate | None] = None
    """What changed in the client's health since last time."""
    screening: Screening | None = None
    """The screening at the session, where there was one."""
    readings: Shown[Annotated[tuple[Reading, ...], Length(200)]] = ()
    """The readings that were taken; the `phase` of each tells before from after."""
    techniques: Annotated[tuple[Technique, ...], Length(100)]
    """The techniques that were used, each on its site."""
    declined: Shown[Annotated[tuple[Words, ...], Length(20)]] = ()
    """What the client declined, one thing in each entry."""
    ended_early: Shown[EndedEarly | None] = None
    """Who ended the session early, and why; absent where it was not ended early."""
    position: Shown[Line | None] = None
    """The position in which the client was treated, in words."""
    chaperone: Shown[Annotated[UUID, STAFF] | None] = None
    """The member of staff who was present as a chaperone."""
    participants: Shown[Annotated[tuple[Participant, ...], Length(20)]] = ()
    """Who else of the staff was in the room."""
    adverse: Shown[Annotated[tuple[Adverse, ...], Length(20)]] = ()
    """The unwanted reactions that were noticed at the session."""
    advice: Shown[Annotated[tuple[Advice, ...], Length(50)]] = ()
    """The advice that was given to the client."""
    soap: Shown[SoapNote | None] = None
    """A note of the session in its four parts."""
    breaches: Annotated[tuple[Breach, ...], Length(20)] = ()
    """The rules of care that the session broke. The service finds them, and a caller explains them: an
    explanation of a rule that was not broken is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNotDelivered:
    """A session that was planned and did not take place."""

    planned_start: Instant
    """When the session was to begin."""
    visit: Shown[Annotated[UUID, VISIT] | None] = None
    """The caller's own id of the visit that the session was meant to be part of; it is kept for the caller
    and compared with no other."""
    reason: Annotated[
        str,
        OneOf("no_show", "late_cancel", "client_declined", "therapist_declined", "contraindicated", "other"),
    ]
    """Why the session did not take place."""
    words: Shown[Words | None] = None
    """The reason in words."""
    by: Shown[Annotated[str, OneOf("client", "therapist", "clinic")] | None] = None
    """Whose doing it was that the session did not take place."""
    check_id: Shown[Annotated[UUID, A_CHECK] | None] = None
    """The session check that was made for the session, where there was one."""


def deliver(episode: Episode, command: Command[SessionDelivered]) -> list[NewFact]:
    """Records a treatment that was given.

    It is never refused for a clinical reason: the rules that it broke are recorded with it.
    """
    draft = command.draft
    _refuse_malformed(episode, draft, command.when)
    if draft.end is not None:
        refuse_future(When(draft.end, "second", command.when.zone), command.now, "/end")
    explained = {breach.rule: breach for breach in draft.breaches}
    check = None if draft.check_id is None else episode.entry(draft.check_id)
    on_it = [entry for entry in episode.of(SessionDelivered) if entry.fact.check_id == draft.check_id]
    rules = broken_rules(episode, draft, command.when, check, on_it)
    broken = tuple(explained.get(rule, Breach(rule=rule)) for rule in rules)
    return [NewFact(replace(draft, breaches=broken), command.when)]


def not_delivered(episode: Episode, command: Command[SessionNotDelivered]) -> list[NewFact]:
    """Records a planned session that did not take place."""
    return [NewFact(command.draft, command.when)]


def broken_rules(
    episode: Episode,
    draft: SessionDelivered,
    when: When,
    check: RecordedEvent[SessionChecked] | None,
    others: Collection[RecordedEvent[SessionDelivered]],
) -> tuple[str, ...]:
    """The rules of care this session broke, by what held when it began. `others` name the same check."""
    return tuple(dict.fromkeys(_broken_rules(episode, draft, when, check, others)))


def _broken_rules(
    episode: Episode,
    draft: SessionDelivered,
    when: When,
    check: RecordedEvent[SessionChecked] | None,
    others: Collection[RecordedEvent[SessionDelivered]],
) -> Iterator[str]:
    yield from missing_plan(episode, when)
    yield from broken_consent(episode, draft.techniques, when)
    yield from holding_care(episode, when)
    yield from _broken_by_check(episode, when, check, others)
    plan = episode.in_force(Plan, when) if when.known else None
    minutes, lasted = sum(technique.minutes or 0 for technique in draft.techniques), _lasted(draft)
    if lasted is not None and minutes > lasted:
        yield "minutes-exceed-duration"
    if plan is not None and _outside(draft, plan.fact):
        yield "technique-outside-plan"
    if any(pressed_beyond(limits, draft.techniques) for limits in _limits(episode, draft, when, check)):
        yield "pressure-beyond-limits"


def _broken_by_check(
    episode: Episode,
    when: When,
    check: RecordedEvent[SessionChecked] | None,
    others: Collection[RecordedEvent[SessionDelivered]],
) -> Iterator[str]:
    if check is None:
        yield "no-session-check"
        return
    if says_stop(episode, check):
        yield "check-said-stop"
    made = check.metadata.when
    if compare(_day_of(made), _day_of(when)) != 0:
        yield "check-of-another-day"
    elif compare(made, when) > 0:
        yield "check-after-start"
    # of two at the same time either may be the later one
    if any(compare(other.metadata.when, when) <= 0 for other in others):
        yield "check-used-before"


def _day_of(when: When) -> When:
    """Its day in its own time zone, or what is known of it."""
    return When.day(when.date_in_zone(), when.zone) if when.of_a_day else when


def _limits(
    episode: Episode, draft: SessionDelivered, when: When, check: RecordedEvent[SessionChecked] | None
) -> Iterator[Limits]:
    return binding_limits(episode, None if check is None else check.fact, draft.screening, when)


def _lasted(draft: SessionDelivered) -> float | None:
    """Its minutes as stated, else from start to end."""
    if draft.duration is not None or draft.start is None or draft.end is None:
        return draft.duration
    return (draft.end - draft.start).total_seconds() / 60


def _outside(draft: SessionDelivered, plan: Plan) -> bool:
    planned = {identity(technique) for technique in plan.techniques}
    return any(
        identity(technique) not in planned and technique.deviation_reason is None
        for technique in draft.techniques
    )


def _refuse_malformed(episode: Episode, draft: SessionDelivered, when: When) -> None:
    if compare(When.day(draft.date_of_service, when.zone), when) != 0:
        raise RuleBroken("contradicting-times", "/date_of_service")
    if draft.start is not None and draft.end is not None and draft.end < draft.start:
        raise RuleBroken("session-ends-before-it-starts", "/end")
    if draft.plan_version is not None and all(
        held.fact.plan_version != draft.plan_version for held in episode.spans_of(Plan)
    ):
        raise RuleBroken("unknown-plan-version", "/plan_version")
    if draft.visit is not None and any(
        entry.fact.visit == draft.visit for entry in episode.of(SessionDelivered)
    ):
        raise RuleBroken("visit-already-recorded", "/visit")


def session_time(draft: SessionDelivered, zone: str) -> When:
    """The session's own time: its start, else the date of service."""
    if draft.start is not None:
        return When.of(draft.start, "minute" if draft.start.second == 0 else "second", zone)
    return written(draft.date_of_service, zone)


DELIVERING = Step(
    name="session-delivered.1",
    fact=SessionDelivered,
    command="record_session",
    resource="sessions",
    who=CLINICAL,
    published=True,
    decide=deliver,
    kind="sessions",
    after_closing=OF_BEFORE,
    amended=RETRACTABLE,
    own_time=session_time,
    time_at="/date_of_service",
    judges=True,
)
MISSING = Step(
    name="session-not-delivered.1",
    fact=SessionNotDelivered,
    command="record_missed_session",
    resource="missed-sessions",
    who=DESK,
    published=True,
    decide=not_delivered,
    kind="sessions",
    after_closing=OF_BEFORE,
    amended=RETRACTABLE,
)
