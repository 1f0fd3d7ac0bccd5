"""Referring the client to a partner: made, withdrawn, answered; and what a partner reports."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from episodes.domain.breaches import Breach, of_the_desk, unless
from episodes.domain.care.sharing_consents import KINDS, SharingConsented, live_consents
from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import (
    A_REFERRAL,
    COMPUTED,
    EVENT,
    PARTNER,
    STAFF,
    Length,
    Line,
    OneOf,
    Shown,
    Words,
)
from episodes.domain.refusals import RuleBroken, Unknown
from episodes.domain.roles import DESK, DESK_OR_PARTNER, Role
from episodes.domain.step import ALWAYS, RETRACTABLE, Step
from episodes.domain.time import Interval, When
from episodes.domain.values import Day, Document, Instant, Licensed

MOST_REPORTS = 200
"""How many reports a partner itself may send about an episode: one a week for almost four years."""
MOST_WORDS_OF_REPORTS = 400_000
"""How many characters they may have in all: those reports with 2,000 characters each, about a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralMade:
    """The client is referred to a partner. The referral's id is the id of this event."""

    partner: Annotated[UUID, PARTNER]
    """The partner to which the client is referred; no other partner is told."""
    subject: Annotated[UUID | None, COMPUTED] = None
    """The random id by which the partner knows the client, the only one it sees; set by the service."""
    priority: Shown[Annotated[str, OneOf("routine", "urgent", "asap", "stat")]] = "routine"
    """How urgent the referral is."""
    service: Shown[Line | None] = None
    """What the partner is asked to do, in a few words."""
    reason: Shown[Words | None] = None
    """Why the client is referred, in words."""
    kinds_sent: Annotated[tuple[Annotated[str, OneOf(*KINDS)], ...], Length(len(KINDS))] = ()
    """The kinds of facts that go along with the referral; a consent must name each of them."""
    answer_due: Shown[Day | None] = None
    """The day by which an answer is expected."""
    breaches: Shown[Annotated[tuple[Breach, ...], COMPUTED]] = ()
    """The rules of care that an imported referral broke; any other referral is refused for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralWithdrawn:
    """A referral is not wanted any more."""

    referral_id: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The referral that is withdrawn, as the path names it."""
    partner: Annotated[UUID | None, COMPUTED, PARTNER] = None
    """The partner to which the client was referred; set by the service."""
    reason: Words
    """Why the referral is withdrawn, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralAnswered:
    """The partner's answer to a referral, given by itself or told to one of our staff."""

    referral_id: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The referral that is answered, as the path names it."""
    partner: Annotated[UUID | None, COMPUTED, PARTNER] = None
    """The partner to which the client was referred; set by the service."""
    accepted: bool
    """Whether the partner accepts the referral; one that it declines is over."""
    code: Shown[Line | None] = None
    """A code that goes with the answer, as the partner gave it."""
    first_appointment: Shown[Instant | None] = None
    """When the client is to see the partner for the first time."""
    their_reference: Shown[Line | None] = None
    """The number or name under which the partner keeps the referral."""
    recorded_by: Shown[Annotated[UUID, STAFF] | None] = None
    """The member of staff who was told the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerReported:
    """What a partner found, did or advises against."""

    partner: Annotated[UUID, PARTNER] | None = None
    """The partner whose report it is: staff must name it, and a partner reports for itself alone."""
    referral: Annotated[UUID, A_REFERRAL] | None = None
    """The referral to that partner on which it reports."""
    findings: Words | None = None
    """What the partner found, in words."""
    treatment_given: Words | None = None
    """What the partner did, in words."""
    restrictions: Words | None = None
    """What the partner advises against, in words."""
    author: Licensed
    """The licensed person who wrote the report."""
    observed_on: Shown[Day | None] = None
    """The day on which the partner observed what it reports."""
    document: Shown[Document | None] = None
    """The report as a document that is kept elsewhere."""


def refer(episode: Episode, command: Command[ReferralMade]) -> list[NewFact]:
    """Refers the client to a partner. This needs a consent that names referrals and every kind sent along."""
    draft, when = command.draft, command.when
    needed = {"/partner": "referrals"} | {f"/kinds_sent/{n}": kind for n, kind in enumerate(draft.kinds_sent)}
    consented = (
        unless(_consented(episode, draft.partner, kind, when), "referral-needs-consent", pointer)
        for pointer, kind in needed.items()
    )
    breaches = of_the_desk(command, *consented)[:1]
    return [NewFact(replace(draft, subject=command.subject, breaches=breaches), when)]


def withdraw_referral(episode: Episode, command: Command[ReferralWithdrawn]) -> list[NewFact]:
    """Records that a referral is no longer wanted, in any status of the episode.

    The referral must exist and be open.
    """
    referral = _open(episode, command)
    withdrawn = replace(command.draft, referral_id=referral.id, partner=referral.fact.partner)
    return [NewFact(withdrawn, command.when)]


def answer_referral(episode: Episode, command: Command[ReferralAnswered]) -> list[NewFact]:
    """Records the partner's answer to a referral: accepted or declined.

    There is one answer; a wrong one is corrected.
    """
    referral = _open(episode, command)
    if any(entry.fact.referral_id == referral.id for entry in episode.of(ReferralAnswered)):
        raise RuleBroken("referral-already-answered")
    answered = replace(command.draft, referral_id=referral.id, partner=referral.fact.partner)
    return [NewFact(answered, command.when)]


def report(episode: Episode, command: Command[PartnerReported]) -> list[NewFact]:
    """Records what a partner found, did or advises against.

    A referral that it names must be one to that partner. How much a partner itself may send is limited; what
    staff record of it, such as a restriction that is still to be heeded, is not.
    """
    draft = command.draft
    partner = command.partner or draft.partner
    if partner is None:
        raise RuleBroken("report-needs-its-partner", "/partner")
    if draft.partner not in (None, partner):
        raise RuleBroken("report-of-another-partner", "/partner")
    if draft.referral is not None and all(
        (held.id, held.fact.partner) != (draft.referral, partner) for held in episode.spans_of(ReferralMade)
    ):
        raise Unknown("unknown-event", "/referral")
    if command.partner is not None:
        _refuse_too_much(episode, draft, command.partner)
    return [NewFact(replace(draft, partner=partner), command.when)]


def _refuse_too_much(episode: Episode, draft: PartnerReported, partner: UUID) -> None:
    """Refuses a partner's report past what it may send. One that was retracted does not count."""
    sent = [
        entry.fact
        for entry in episode.of(PartnerReported)
        if entry.fact.partner == partner and entry.metadata.actor.role == Role.PARTNER
    ]
    if len(sent) >= MOST_REPORTS or sum(map(_words, (*sent, draft))) > MOST_WORDS_OF_REPORTS:
        raise RuleBroken("too-many-reports")


def _words(reported: PartnerReported) -> int:
    texts = (reported.findings, reported.treatment_given, reported.restrictions)
    return sum(len(text) for text in texts if text is not None)


def referred(episode: Episode, entry: RecordedEvent[ReferralMade]) -> Episode:
    return episode.begin(entry, Interval(entry.metadata.when.latest))


def referral_withdrawn(episode: Episode, entry: RecordedEvent[ReferralWithdrawn]) -> Episode:
    referral = entry.fact.referral_id
    return episode if referral is None else episode.end(referral, entry.metadata.when.latest)


def referral_answered(episode: Episode, entry: RecordedEvent[ReferralAnswered]) -> Episode:
    """A declined referral is over; an accepted one stays open."""
    referral = entry.fact.referral_id
    if entry.fact.accepted or referral is None:
        return episode
    return episode.end(referral, entry.metadata.when.latest)


def open_referral(episode: Episode, partner: UUID) -> Span[ReferralMade] | None:
    """A referral to `partner` that is neither withdrawn nor declined."""
    return next(
        (
            held
            for held in episode.spans_of(ReferralMade)
            if held.fact.partner == partner and held.interval.until is None
        ),
        None,
    )


def involved(episode: Episode, partner: UUID, at: datetime) -> bool:
    """Whether a partner may know of the episode at all: by a live consent or an open referral."""
    return any(live_consents(episode, partner, at)) or open_referral(episode, partner) is not None


def subject_for(episode: Episode, partner: UUID) -> UUID | None:
    """The only id by which that partner knows the client."""
    facts = (held.fact for held in episode.spans if isinstance(held.fact, SharingConsented | ReferralMade))
    return next((fact.subject for fact in facts if fact.partner == partner and fact.subject), None)


def _open(
    episode: Episode, command: Command[ReferralWithdrawn] | Command[ReferralAnswered]
) -> Span[ReferralMade]:
    """The referral the path names; another partner's is not there."""
    for held in episode.spans_of(ReferralMade):
        if held.id == command.about and command.partner in (None, held.fact.partner):
            if held.interval.until is not None:
                raise RuleBroken("referral-not-open")
            refuse_before(command.when, held.interval.since)
            return held
    raise Unknown("unknown-referral")


def _consented(episode: Episode, partner: UUID, kind: str, when: When) -> bool:
    return any(
        held.fact.partner == partner and kind in held.fact.kinds and held.interval.holds_at(when)
        for held in episode.spans_of(SharingConsented)
    )


REFERRING = Step(
    name="referral-made.1",
    fact=ReferralMade,
    command="make_referral",
    resource="referrals",
    who=DESK,
    published=True,
    needs_subject=True,
    decide=refer,
    evolve=referred,
    kind="referrals",
)
WITHDRAWING = Step(
    name="referral-withdrawn.1",
    fact=ReferralWithdrawn,
    command="withdraw_referral",
    resource="referrals/{about}/withdrawal",
    who=DESK,
    published=True,
    decide=withdraw_referral,
    evolve=referral_withdrawn,
    kind="referrals",
    after_closing=ALWAYS,
)
ANSWERING = Step(
    name="referral-answered.1",
    fact=ReferralAnswered,
    command="answer_referral",
    resource="referrals/{about}/answer",
    who=DESK_OR_PARTNER,
    published=True,
    decide=answer_referral,
    evolve=referral_answered,
    kind="referrals",
    after_closing=ALWAYS,
    amended=RETRACTABLE,
)
REPORTING = Step(
    name="partner-reported.1",
    fact=PartnerReported,
    command="record_partner_report",
    resource="partner-reports",
    who=DESK_OR_PARTNER,
    published=True,
    decide=report,
    kind="referrals",
    after_closing=ALWAYS,
    amended=RETRACTABLE,
)
