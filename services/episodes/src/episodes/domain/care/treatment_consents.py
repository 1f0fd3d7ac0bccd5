"""Consent to treatment: given for a year at most, in force from its signature until withdrawn or expired."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from episodes.domain.births import OF_AGE
from episodes.domain.breaches import Breach, missing_at, of_the_desk, unless
from episodes.domain.care.ages import age_told, of_age_as_told
from episodes.domain.codes import TECHNIQUES
from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import AS_KNOWN, COMPUTED, EVENT, STAFF, Length, OneOf, Shown, Words
from episodes.domain.refusals import RuleBroken, Unknown
from episodes.domain.roles import DESK
from episodes.domain.step import ALWAYS, Step
from episodes.domain.time import Interval, When, compare, months_after, truncated
from episodes.domain.values import Coded, Day, Document, Form, Given, GivenBy, Instant, Site
from episodes.domain.written_times import written

MAX_MONTHS = 12
"""A written consent is valid for one year unless revoked (WAC 246-830-565)."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is consented to: treatment in general, a technique, or a sensitive site."""

    of: Annotated[str, OneOf("general", "technique", "sensitive_site")] = "general"
    """What kind of scope this is; `general` is consent to every technique."""
    technique: Annotated[Coded, TECHNIQUES] | None = None
    """The technique that is consented to."""
    site: Site | None = None
    """The sensitive site that is consented to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentConsented:
    """A consent to treatment. Its id is the id of this event."""

    given: Given
    """Who gave the consent; by a client under 18 alone it breaks a rule of care (RCW 26.28.015). A guardian's
    ends when the client comes of age."""
    signed_at: Annotated[Instant, AS_KNOWN]
    """When the consent was signed, as exactly as it is known; it holds from then on."""
    form: Shown[Form | None] = None
    """How the consent was given; absent where it was not stated."""
    witness: Shown[Annotated[UUID, STAFF] | None] = None
    """The member of staff who witnessed the consent."""
    expires_on: Day | None = None
    """The last day of the consent: if not given, and at most, a year after signing (WAC 246-830-565)."""
    scope: Annotated[tuple[Scope, ...], Length(20)] = ()
    """What is consented to; treatment in general if not given."""
    limits: Shown[Words | None] = None
    """What the client wants left out or done otherwise, in words."""
    document: Shown[Document | None] = None
    """The consent as a document that is kept elsewhere."""
    age: Annotated[int | None, COMPUTED] = None
    """The client's age in whole years on the day of the consent, by the birth date that the directory had
    when it was recorded; the least that it may be, where that is a month or year. Without it the age told at
    the opening counts, and the whole years since."""
    of_age_on: Annotated[Day | None, COMPUTED] = None
    """The day on which the client comes of age, where a guardian's consent ends by that; it holds until the
    day before. Set by the service from the birth date that the directory had."""
    breaches: Annotated[tuple[Breach, ...], COMPUTED] = ()
    """The rules of care that an imported consent broke; any other consent is refused for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentConsentWithdrawn:
    """A consent to treatment is withdrawn."""

    consent_id: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The consent that is withdrawn, as the path names it."""
    effective_from: Annotated[Instant, AS_KNOWN] | None = None
    """When the withdrawal takes effect; if not given, when it happened, even if recorded later. Of a day,
    month or year it takes effect as it begins, unless that is when the withdrawal happened: a consent that is
    withdrawn on a day still holds on that day."""
    by: Shown[GivenBy | None] = None
    """Who withdrew the consent."""
    reason: Shown[Words | None] = None
    """Why the consent was withdrawn, in words."""


def consent(episode: Episode, command: Command[TreatmentConsented]) -> list[NewFact]:
    """Records a consent to treatment. It lasts a year at most, and may not end before it was signed.

    The client's age on that day is sealed into it, if the directory knows the birth date.
    """
    expires, signed = command.draft.expires_on, command.when.date_in_zone()
    if expires is not None and command.when.known and expires < signed:
        raise RuleBroken("consent-ends-before-it-begins", "/expires_on")
    short = expires is None or expires <= months_after(command.when.last_day, MAX_MONTHS)
    breaches = of_the_desk(command, unless(short, "consent-longer-than-a-year", "/expires_on"))
    return [NewFact(replace(_with_age(command), breaches=breaches), command.when)]


def _with_age(command: Command[TreatmentConsented]) -> TreatmentConsented:
    """The consent with the client's age, and with its end if the client comes of age before.

    The day on which the client comes of age tells the birthday: it is kept only where the consent ends by it.
    """
    draft, born, signed = command.draft, command.known.born, command.when.date_in_zone()
    if born is None or not command.when.known:
        return draft
    of_age_on = born.of_age_on
    ends_by_it = draft.given.by == "guardian" and signed < of_age_on <= last_day_of(draft, command.when)
    return replace(draft, age=born.age(signed), of_age_on=of_age_on if ends_by_it else None)


def consented(episode: Episode, entry: RecordedEvent[TreatmentConsented]) -> Episode:
    """It holds for a year at most, also an imported one that says more; a guardian's until the client is of
    age."""
    when = entry.metadata.when
    last, of_age_on = last_day_of(entry.fact, when), entry.fact.of_age_on
    if of_age_on is not None:
        last = min(last, of_age_on - A_DAY)
    return episode.begin(entry, Interval(when, When.day(last, when.zone)))


def last_day_of(fact: TreatmentConsented, when: When) -> date:
    """Its last day by what it says, and at most a year on; whoever comes of age before is not looked at."""
    a_year_on = months_after(when.date_in_zone(), MAX_MONTHS)
    return min(fact.expires_on or a_year_on, a_year_on)


def withdraw_consent(episode: Episode, command: Command[TreatmentConsentWithdrawn]) -> list[NewFact]:
    """Records that a consent to treatment ends, in any status of the episode.

    The consent must exist and not be withdrawn already from then or before.
    """
    consent = next((held for held in episode.spans_of(TreatmentConsented) if held.id == command.about), None)
    if consent is None:
        raise Unknown("unknown-consent")
    effective = command.draft.effective_from or command.when.at
    signed = consent.interval.since
    if effective == truncated(signed.at, "day", signed.zone):  # from that day on: it never held
        effective = signed.at
    since = _effective(effective, command.when)
    refuse_before(
        since, consent.interval.since, "/effective_from" if command.draft.effective_from else "/occurred_at"
    )
    before = (it for it in episode.of(TreatmentConsentWithdrawn) if it.fact.consent_id == consent.id)
    if any(compare(withdrawn_from(entry), since) <= 0 for entry in before):
        raise RuleBroken("consent-already-withdrawn")
    withdrawn = replace(command.draft, consent_id=consent.id, effective_from=effective)
    return [NewFact(withdrawn, command.when)]


def consent_withdrawn(episode: Episode, entry: RecordedEvent[TreatmentConsentWithdrawn]) -> Episode:
    consent = entry.fact.consent_id
    return episode if consent is None else episode.end(consent, withdrawn_from(entry))


def withdrawn_from(entry: RecordedEvent[TreatmentConsentWithdrawn]) -> When:
    """From when the consent holds no more, which may be long before it was recorded. Of a withdrawal of which
    no time is known, that is the latest that it can be.
    """
    when = entry.metadata.when
    return _effective(entry.fact.effective_from or when.at, when)


def _effective(effective: datetime, when: When) -> When:
    """A stated moment is exact, and when it happened as exact as that is known."""
    return when.latest if effective == when.at else When(effective, "second", when.zone)


def broken_consent(episode: Episode, techniques: Collection[Coded], when: When) -> Iterator[str]:
    """What is wrong with the consent to treat with these techniques at `when`; nothing, if one is valid."""
    covering = [
        (held, until_of_age(episode, held))
        for held in episode.spans_of(TreatmentConsented)
        if _covers(held, techniques)
    ]
    holding = [held for held, interval in covering if interval.holds_at(when)]
    if not when.known or not holding:
        yield missing_at(when, (interval for _, interval in covering), "no-treatment-consent")
    elif all(held.fact.given.by == "client" and of_a_minor(episode, held.entry) for held in holding):
        yield "consent-of-a-minor-alone"


def of_a_minor(episode: Episode, consent: RecordedEvent[TreatmentConsented]) -> bool | None:
    """Whether the client was a minor on the day of the consent; none where no age is known."""
    age = consent.fact.age
    if age is None:
        age = age_told(episode, consent.metadata.when.date_in_zone())
    return None if age is None else age < OF_AGE


def outgrown_on(episode: Episode, consent: RecordedEvent[TreatmentConsented]) -> date | None:
    """The day from which a guardian's consent counts no more, because the client is of age; none if it does
    not end by that.
    """
    fact = consent.fact
    if fact.given.by != "guardian" or not of_a_minor(episode, consent):
        return None
    return of_age_as_told(episode) if fact.age is None else fact.of_age_on


def until_of_age(episode: Episode, held: Span[TreatmentConsented]) -> Interval:
    """When the consent holds. Its own interval does not know of an age told at the opening, which may be
    corrected.
    """
    outgrown = outgrown_on(episode, held.entry)
    if outgrown is None:
        return held.interval
    return held.interval.ended(When.day(outgrown - A_DAY, held.entry.metadata.zone))


def _covers(held: Span[TreatmentConsented], techniques: Collection[Coded]) -> bool:
    """Consent in general, or to each of the techniques."""
    scopes = held.fact.scope
    if not scopes or any(scope.of == "general" for scope in scopes):
        return True
    named = {scope.technique.code for scope in scopes if scope.technique is not None}
    return bool(techniques) and {technique.code for technique in techniques} <= named


CONSENTING = Step(
    name="treatment-consented.1",
    fact=TreatmentConsented,
    command="consent_to_treatment",
    resource="treatment-consents",
    who=DESK,
    decide=consent,
    evolve=consented,
    own_time=lambda draft, zone: written(draft.signed_at, zone),
    time_at="/signed_at",
    judges=True,
    asks_age=True,
)
WITHDRAWING = Step(
    name="treatment-consent-withdrawn.1",
    fact=TreatmentConsentWithdrawn,
    command="withdraw_treatment_consent",
    resource="treatment-consents/{about}/withdrawal",
    who=DESK,
    decide=withdraw_consent,
    evolve=consent_withdrawn,
    after_closing=ALWAYS,
    judges=True,
)
