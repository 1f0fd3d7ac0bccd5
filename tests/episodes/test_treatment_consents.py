"""Consent to treatment: from its signature, for a year at most, to a midnight in the clinic's zone."""

from datetime import date, datetime

import pytest

from episodes.domain.consenting import TreatmentConsented
from tests.episodes.care import OPENED, a_consent
from tests.episodes.scenario import given, march, moment, past

SIGNED = march(2, 9, 30)


def holds(consent: TreatmentConsented, at: datetime | date) -> bool:
    episode = given(OPENED, past(consent, consent.signed_at)).episode
    return episode.in_force(TreatmentConsented, moment(at)) is not None


def test_a_consent_is_recorded_as_given() -> None:
    given(OPENED).when(a_consent(SIGNED)).then(a_consent(SIGNED))


def test_a_consent_holds_from_its_signature_on() -> None:
    assert not holds(a_consent(SIGNED), march(2, 9, 29))
    assert holds(a_consent(SIGNED), SIGNED)


def test_a_consent_signed_in_the_day_counts_for_what_is_known_to_the_day_only() -> None:
    assert holds(a_consent(SIGNED), date(2026, 3, 2))
    assert not holds(a_consent(SIGNED), date(2026, 3, 1))


def test_a_consent_ends_at_midnight_where_the_clinic_is() -> None:
    consent = a_consent(SIGNED, expires_on=date(2026, 3, 10))
    assert holds(consent, march(10, 23, 59, 59))
    assert holds(consent, datetime.fromisoformat("2026-03-11T06:59:59+00:00"))
    assert not holds(consent, march(11))
    assert not holds(consent, datetime.fromisoformat("2026-03-11T07:00:00+00:00"))


def test_a_consent_without_an_end_holds_for_a_year() -> None:
    assert holds(a_consent(SIGNED), datetime.fromisoformat("2027-03-02T23:59:00-08:00"))
    assert not holds(a_consent(SIGNED), datetime.fromisoformat("2027-03-03T00:00:00-08:00"))


@pytest.mark.parametrize("last", [date(2026, 3, 2), date(2027, 3, 2)])
def test_a_consent_may_end_on_any_day_of_its_year(last: date) -> None:
    given(OPENED).when(a_consent(SIGNED, expires_on=last)).then_recorded()


def test_a_consent_for_more_than_a_year_is_refused() -> None:
    outcome = given(OPENED).when(a_consent(SIGNED, expires_on=date(2027, 3, 3)))
    outcome.then_refused("consent-longer-than-a-year", "/expires_on")


def test_a_year_from_a_leap_day_ends_on_the_last_of_february() -> None:
    leap = datetime.fromisoformat("2024-02-29T09:00:00-08:00")
    given(OPENED).when(a_consent(leap, expires_on=date(2025, 2, 28))).then_recorded()
    outcome = given(OPENED).when(a_consent(leap, expires_on=date(2025, 3, 1)))
    outcome.then_refused("consent-longer-than-a-year", "/expires_on")


def test_a_consent_that_ends_before_it_is_signed_is_refused() -> None:
    outcome = given(OPENED).when(a_consent(SIGNED, expires_on=date(2026, 3, 1)))
    outcome.then_refused("consent-ends-before-it-begins", "/expires_on")


def test_a_second_consent_leaves_the_first_as_it_was() -> None:
    first = past(a_consent(SIGNED, expires_on=date(2026, 3, 10)), SIGNED)
    second = past(a_consent(march(12, 9)), march(12, 9))
    episode = given(OPENED, first, second).episode
    held = [episode.in_force(TreatmentConsented, moment(date(2026, 3, day))) for day in (5, 11, 12)]
    assert [it and it.id for it in held] == [first.id, None, second.id]
