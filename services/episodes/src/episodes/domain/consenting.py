"""Consent to treatment: given for a year at most, and in force from its signature."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from episodes.domain.codes import TECHNIQUES
from episodes.domain.deciding import Asked, Decided
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode
from episodes.domain.form import Length, OneOf, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.time import Interval, When
from episodes.domain.values import Coded, Day, Document, Form, Given, Instant, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is consented to: treatment in general, a technique, or a sensitive site."""

    of: Annotated[str, OneOf("general", "technique", "sensitive_site")] = "general"
    technique: Annotated[Coded, TECHNIQUES] | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentConsented:
    """The consent's id is the id of this event."""

    given: Given
    signed_at: Instant
    form: Form | None = None
    witness: UUID | None = None
    expires_on: Day | None = None
    scope: Annotated[tuple[Scope, ...], Length(20)] = ()
    limits: Words | None = None
    document: Document | None = None


def consent(episode: Episode, asked: Asked[TreatmentConsented]) -> list[Decided]:
    """Refused when it expires before it is signed or lasts longer than a year."""
    expires = asked.draft.expires_on
    if expires is not None:
        signed = asked.when.date_in_zone()
        if expires < signed:
            raise RuleBroken("consent-ends-before-it-begins", "/expires_on")
        if expires > a_year_after(signed):
            raise RuleBroken("consent-longer-than-a-year", "/expires_on")
    return [Decided(asked.draft, asked.when)]


def consented(episode: Episode, entry: Recorded[TreatmentConsented]) -> Episode:
    when = entry.header.when
    last = entry.fact.expires_on or a_year_after(when.date_in_zone())
    return episode.begin(entry, Interval(when, When.day(last, when.zone)))


def a_year_after(day: date) -> date:
    """A written consent is valid for one year unless revoked (WAC 246-830-565)."""
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if leap_day else day.day)
