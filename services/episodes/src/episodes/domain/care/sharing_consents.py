"""Consent to share with a partner, and its withdrawal.

A consent bounds when we may send, not how old the fact may be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from episodes.domain.care.ages import of_age_as_told
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import (
    AS_KNOWN,
    COMPUTED,
    EVENT,
    PARTNER,
    UP_TO_ITS_END,
    Length,
    Line,
    OneOf,
)
from episodes.domain.refusals import RuleBroken, Unknown
from episodes.domain.roles import DESK, DESK_OR_PRIVACY
from episodes.domain.step import ALWAYS, Step
from episodes.domain.time import Interval, When
from episodes.domain.values import Day, Document, Form, Given, GivenBy, Instant, Label

KINDS = (
    "identity",
    "opening",
    "screening",
    "assessments",
    "plans",
    "sessions",
    "responses",
    "flags",
    "referrals",
    "closure",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingConsented:
    """A client's consent that a partner may be told. Its id is the id of this event."""

    partner: Annotated[UUID, PARTNER]
    """The partner that may be told."""
    subject: Annotated[UUID | None, COMPUTED] = None
    """The random id by which the partner knows the client, the only one it sees; set by the service."""
    partner_kind: Annotated[str | None, COMPUTED] = None
    """What kind of provider or organisation the partner was when the consent was recorded, as the directory
    had it; absent from a consent of earlier releases."""
    partner_organisation: Annotated[str | None, COMPUTED] = None
    """The name that the partner's organisation had then; absent from a consent of earlier releases."""
    purposes: Annotated[tuple[Line, ...], Length(20)] = ()
    """What the sharing is for, in words, such as `coordination of care`."""
    kinds: Annotated[tuple[Annotated[str, OneOf(*KINDS)], ...], Length(len(KINDS), least=1)]
    """The kinds of facts that may be shared; no other kind is."""
    labels_allowed: Annotated[tuple[Label, ...], Length(10)] = ()
    """The labels of sensitive facts that may be shared; a fact with any other label is not."""
    effective_from: Annotated[Instant, AS_KNOWN] | None = None
    """From when the partner may be told; if not given, from when the consent was given. Of a day, month or
    year, from its beginning."""
    until: Annotated[Instant, UP_TO_ITS_END] | None = None
    """The moment from which nothing may be sent any more; if not given, there is none. Of a day, month or
    year it is the end."""
    given: Given
    """Who gave the consent. A guardian's ends when the client comes of age."""
    form: Form | None = None
    """How the consent was given; absent where it was not stated."""
    document: Document | None = None
    """The consent as a document that is kept elsewhere."""
    of_age_on: Annotated[Day | None, COMPUTED] = None
    """The day on which the client comes of age, where a guardian's consent ends by that: from then on nothing
    may be sent. Set by the service from the birth date in the directory, or else from the age told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingWithdrawn:
    """A consent to share is withdrawn."""

    consent_id: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The consent that is withdrawn, as the path names it."""
    partner: Annotated[UUID | None, COMPUTED, PARTNER] = None
    """The partner that the consent was for; set by the service."""
    effective_from: Annotated[Instant, AS_KNOWN] | None = None
    """When the withdrawal takes effect; when it is recorded, if that is later or none is given."""
    by: GivenBy | None = None
    """Who withdrew the consent."""
    partner_asked_to_erase: bool | None = None
    """Whether the partner was asked to erase what it holds; the service itself asks nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EverySharingWithdrawn:
    """A client ends every consent to one partner, whichever episode it was given in."""

    partner: Annotated[UUID, PARTNER]
    """The partner to which every consent ends."""
    effective_from: Instant | None = None
    """When the withdrawal takes effect; when it is recorded, if that is later or none is given."""
    by: GivenBy | None = None
    """Who withdrew the consents."""
    partner_asked_to_erase: bool | None = None
    """Whether the partner was asked to erase what it holds; the service itself asks nobody."""

    def of_each(self) -> SharingWithdrawn:
        return SharingWithdrawn(
            effective_from=self.effective_from,
            by=self.by,
            partner_asked_to_erase=self.partner_asked_to_erase,
        )


def consent_to_share(episode: Episode, command: Command[SharingConsented]) -> list[NewFact]:
    """Records that the client consents to a partner being told, and of what kinds of events.

    Who the partner is by the directory is sealed into it.
    """
    draft = command.draft
    begins = draft.effective_from or command.when.at
    if draft.until is not None and draft.until <= begins and (command.when.known or draft.effective_from):
        raise RuleBroken("consent-ends-before-it-begins", "/until")
    stored = replace(draft, subject=command.subject, effective_from=begins)
    partner = command.known.partner
    if partner is not None:
        stored = replace(stored, partner_kind=partner.kind, partner_organisation=partner.organisation)
    return [NewFact(replace(stored, of_age_on=_of_age_on(episode, command)), command.when)]


def _of_age_on(episode: Episode, command: Command[SharingConsented]) -> date | None:
    """The day by which a guardian's consent ends, if the client is a minor and it would last longer."""
    draft, born = command.draft, command.known.born
    of_age_on = of_age_as_told(episode) if born is None else born.of_age_on
    if draft.given.by != "guardian" or of_age_on is None or of_age_on <= command.when.last_day:
        return None
    ends = When.day(of_age_on, command.when.zone).at
    return of_age_on if draft.until is None or draft.until > ends else None


def withdraw_sharing(episode: Episode, command: Command[SharingWithdrawn]) -> list[NewFact]:
    """Records that a consent to share ends, in any status of the episode.

    The consent must exist and not be withdrawn already.
    """
    consent = next((held for held in episode.spans_of(SharingConsented) if held.id == command.about), None)
    if consent is None:
        raise Unknown("unknown-consent")
    effective = max(command.draft.effective_from or command.now, command.now)
    if _withdrawn_by(episode, consent.id, effective):
        raise RuleBroken("consent-already-withdrawn")
    withdrawn = replace(
        command.draft, consent_id=command.about, partner=consent.fact.partner, effective_from=effective
    )
    return [NewFact(withdrawn, command.when)]


def to_withdraw(episode: Episode, partner: UUID, effective: datetime) -> Iterator[UUID]:
    """The consents to `partner` that a withdrawal would end: those that hold at or after its effect."""
    for held in episode.spans_of(SharingConsented):
        until = held.interval.until
        if held.fact.partner == partner and (until is None or until.at > effective):
            yield held.id


def _withdrawn_by(episode: Episode, consent_id: UUID, moment: datetime) -> bool:
    withdrawals = (entry.fact for entry in episode.of(SharingWithdrawn))
    return any(
        fact.consent_id == consent_id and fact.effective_from is not None and fact.effective_from <= moment
        for fact in withdrawals
    )


def sharing_begun(episode: Episode, entry: RecordedEvent[SharingConsented]) -> Episode:
    zone = entry.metadata.zone
    begins = When(entry.fact.effective_from or entry.metadata.occurred_at, "second", zone)
    until = entry.fact.until
    if entry.fact.of_age_on is not None:
        until = When.day(entry.fact.of_age_on, zone).at
    return episode.begin(entry, Interval(begins, None if until is None else When(until, "second", zone)))


def sharing_ended(episode: Episode, entry: RecordedEvent[SharingWithdrawn]) -> Episode:
    fact, header = entry.fact, entry.metadata
    if fact.consent_id is None:
        return episode
    return episode.end(
        fact.consent_id, When(fact.effective_from or header.recorded_at, "second", header.zone)
    )


def live_consent(
    episode: Episode, partner: UUID, kind: str, labels: tuple[str, ...], at: datetime
) -> Span[SharingConsented] | None:
    """The consent under which a fact of `kind` with `labels` may go to `partner` at the moment `at`."""
    for held in live_consents(episode, partner, at):
        if kind in held.fact.kinds and set(labels) <= set(held.fact.labels_allowed):
            return held
    return None


def live_consents(episode: Episode, partner: UUID, at: datetime) -> Iterator[Span[SharingConsented]]:
    """Every consent to share with `partner` that holds at the moment `at`.

    The end is excluded: from the moment a withdrawal takes effect nothing may be sent.
    """
    for held in episode.spans_of(SharingConsented):
        begins, ends = held.interval.since.at, held.interval.until
        if held.fact.partner == partner and begins <= at and (ends is None or at < ends.at):
            yield held


SHARING = Step(
    name="sharing-consented.1",
    fact=SharingConsented,
    command="consent_to_sharing",
    resource="sharing-consents",
    who=DESK,
    published=True,
    needs_subject=True,
    decide=consent_to_share,
    evolve=sharing_begun,
    asks_age=True,
)
WITHDRAWING = Step(
    name="sharing-withdrawn.1",
    fact=SharingWithdrawn,
    command="withdraw_sharing_consent",
    resource="sharing-consents/{about}/withdrawal",
    who=DESK,
    published=True,
    decide=withdraw_sharing,
    evolve=sharing_ended,
    after_closing=ALWAYS,
)
EVERYWHERE = Step(
    name=WITHDRAWING.name,
    fact=EverySharingWithdrawn,
    command="withdraw_all_sharing",
    resource="clients/{client}/sharing-withdrawals",
    who=DESK_OR_PRIVACY,
    published=True,
    scope="client",
    decide=withdraw_sharing,
    after_closing=ALWAYS,
)
"""A command of its own without an event of its own: recorded as a withdrawal of each consent it ends."""
