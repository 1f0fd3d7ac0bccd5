"""Consent to treatment: given for a year at most, in force from its signature until withdrawn or expired."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from episodes.domain.breaches import Breach, missing_at, of_the_desk, unless
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.codes import TECHNIQUES
from episodes.domain.decision import Command, NewFact, refuse_before
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import AS_KNOWN, COMPUTED, EVENT, STAFF, Length, OneOf, Words
from episodes.domain.refusals import RuleBroken, Unknown
from episodes.domain.roles import DESK
from episodes.domain.step import ALWAYS, Step
from episodes.domain.time import Interval, When, compare, months_after
from episodes.domain.values import Coded, Day, Document, Form, Given, GivenBy, Instant, Site
from episodes.domain.written_times import written

MAX_MONTHS = 12
"""A written consent is valid for one year unless revoked (WAC 246-830-565)."""

OF_AGE = 18
"""Years from which a client may consent alone (RCW 26.28.015); before, a guardian or representative does."""


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
    """Who gave the consent; by a client under 18 alone it breaks a rule of care (RCW 26.28.015)."""
    signed_at: Annotated[Instant, AS_KNOWN]
    """When the consent was signed, as exactly as it is known; it holds from then on."""
    form: Form | None = None
    """How the consent was given; absent where it was not stated."""
    witness: Annotated[UUID, STAFF] | None = None
    """The member of staff who witnessed the consent."""
    expires_on: Day | None = None
    """The last day of the consent: if not given, and at most, a year after signing (WAC 246-830-565)."""
    scope: Annotated[tuple[Scope, ...], Length(20)] = ()
    """What is consented to; treatment in general if not given."""
    limits: Words | None = None
    """What the client wants left out or done otherwise, in words."""
    document: Document | None = None
    """The consent as a document that is kept elsewhere."""
    breaches: Annotated[tuple[Breach, ...], COMPUTED] = ()
    """The rules of care that an imported consent broke; any other consent is refused for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentConsentWithdrawn:
    """A consent to treatment is withdrawn."""

    consent_id: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The consent that is withdrawn, as the path names it."""
    effective_from: Annotated[Instant, AS_KNOWN] | None = None
    """When the withdrawal takes effect; if not given, when it happened, even if recorded later. Of a day,
    month or year it takes effect as it begins."""
    by: GivenBy | None = None
    """Who withdrew the consent."""
    reason: Words | None = None
    """Why the consent was withdrawn, in words."""


def consent(episode: Episode, command: Command[TreatmentConsented]) -> list[NewFact]:
    """Records a consent to treatment. It lasts a year at most, and may not end before it was signed."""
    expires, signed = command.draft.expires_on, command.when.date_in_zone()
    if expires is not None and expires < signed:
        raise RuleBroken("consent-ends-before-it-begins", "/expires_on")
    short = expires is None or expires <= months_after(signed, MAX_MONTHS)
    breaches = of_the_desk(command, unless(short, "consent-longer-than-a-year", "/expires_on"))
    return [NewFact(replace(command.draft, breaches=breaches), command.when)]


def consented(episode: Episode, entry: RecordedEvent[TreatmentConsented]) -> Episode:
    """It holds for a year at most, also an imported one that says more."""
    when = entry.metadata.when
    a_year_on = months_after(when.date_in_zone(), MAX_MONTHS)
    last = min(entry.fact.expires_on or a_year_on, a_year_on)
    return episode.begin(entry, Interval(when, When.day(last, when.zone)))


def withdraw_consent(episode: Episode, command: Command[TreatmentConsentWithdrawn]) -> list[NewFact]:
    """Records that a consent to treatment ends, in any status of the episode.

    The consent must exist and not be withdrawn already from then or before.
    """
    consent = next((held for held in episode.spans_of(TreatmentConsented) if held.id == command.about), None)
    if consent is None:
        raise Unknown("unknown-consent")
    effective = command.draft.effective_from or command.when.at
    since = When(effective, command.when.precision, command.when.zone).latest
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
    header = entry.metadata
    return When(entry.fact.effective_from or header.occurred_at, header.precision, header.zone).latest


def broken_consent(episode: Episode, techniques: Collection[Coded], when: When) -> Iterator[str]:
    """What is wrong with the consent to treat with these techniques at `when`; nothing, if one is valid."""
    covering = [held for held in episode.spans_of(TreatmentConsented) if _covers(held, techniques)]
    holding = [held for held in covering if held.interval.holds_at(when)]
    if not when.known or not holding:
        yield missing_at(when, (held.interval for held in covering), "no-treatment-consent")
    elif _of_a_minor(episode) and all(held.fact.given.by == "client" for held in holding):
        yield "consent-of-a-minor-alone"


def _covers(held: Span[TreatmentConsented], techniques: Collection[Coded]) -> bool:
    """Consent in general, or to each of the techniques."""
    scopes = held.fact.scope
    if not scopes or any(scope.of == "general" for scope in scopes):
        return True
    named = {scope.technique.code for scope in scopes if scope.technique is not None}
    return bool(techniques) and {technique.code for technique in techniques} <= named


def _of_a_minor(episode: Episode) -> bool:
    """Whether the client is a minor by the age told at the opening, which is all that is known of it."""
    opened = next(episode.of(EpisodeOpened), None)
    return opened is not None and (opened.fact.age or OF_AGE) < OF_AGE


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
