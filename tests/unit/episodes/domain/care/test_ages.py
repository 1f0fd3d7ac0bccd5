"""A consent is judged by the age on its day: by the birth date, else by the age told and the years since."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from episodes.domain.births import Born
from episodes.domain.care.amendments import EntryCorrected
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.decision import Known
from episodes.domain.time import When
from episodes.domain.values import Given
from tests.support.episodes.care_facts import (
    BASELINE,
    PLANNED,
    a_check,
    a_consent,
    a_session,
    an_episode,
)
from tests.support.episodes.scenario import ZONE, Past, given, march, past
from tests.support.episodes.telling import Told

ALONE = "consent-of-a-minor-alone"
NONE = "no-treatment-consent"


def by(who: str, signed: datetime, **said: Any) -> TreatmentConsented:
    return replace(a_consent(signed), given=Given(by=who), **said)


def known(born: str) -> Known:
    return Known(born=Born.of(born))


def opened(at: str, age: int | None) -> Past:
    return past(replace(an_episode, age=age), datetime.fromisoformat(at))


def broken(
    opening: Past, consent: TreatmentConsented, session: datetime, born: str | None = None
) -> list[str]:
    """The rules of consent that a session breaks after a consent that was recorded with this birth date."""
    told = Told(opening, BASELINE, PLANNED, known=Known() if born is None else known(born))
    told.tell(past(consent, consent.signed_at))
    treated = past(a_session(session), session)
    told.tell(treated)
    told.agrees()
    return [rule for rule in told.broken(treated) if rule in (ALONE, NONE)]


TODAY = opened("2026-03-02T09:00:00-08:00", None)


@pytest.mark.parametrize(
    ("born", "minor"),
    [
        ("2012-01-01", True),
        ("2008-03-03", True),
        ("2008-03-02", False),
        ("2008-03", True),
        ("2008-02", False),
        ("2008", True),
        ("2007", False),
        ("1980", False),
    ],
)
@pytest.mark.parametrize("told", [None, 15, 40])
def test_the_birth_date_of_the_directory_says_who_is_a_minor(
    born: str, minor: bool, told: int | None
) -> None:
    opening = opened("2026-03-02T09:00:00-08:00", told)
    assert broken(opening, by("client", march(2, 9, 30)), march(3, 10), born) == [ALONE] * minor
    assert not broken(opening, by("representative", march(2, 9, 30)), march(3, 10), born)


@pytest.mark.parametrize(
    ("opening", "age", "minor"),
    [
        ("2026-03-02", 17, True),
        ("2025-03-03", 17, True),
        ("2025-03-02", 17, False),
        ("2023-03-02", 15, False),
        ("2023-03-03", 15, True),
        ("2026-03-02", 18, False),
        ("2026-03-03", 18, True),
        ("2024-03-02", 15, True),
        ("2026-03-02", None, False),
    ],
)
def test_without_it_the_age_told_at_the_opening_counts_and_the_years_since(
    opening: str, age: int | None, minor: bool
) -> None:
    began = opened(f"{opening}T00:00:00-08:00", age)
    assert broken(began, by("client", march(2, 9, 30)), march(3, 10)) == [ALONE] * minor


def test_of_an_opening_known_to_the_month_the_last_day_counts() -> None:
    month = When.of(datetime.fromisoformat("2025-03-01T00:00:00-08:00"), "month", ZONE)
    assert broken(past(replace(an_episode, age=17), month), by("client", march(30, 9)), march(30, 10)) == [
        ALONE
    ]
    assert not broken(past(replace(an_episode, age=17), month), by("client", march(31, 9)), march(31, 10))


def test_a_consent_of_one_of_age_holds_beside_one_of_a_minor() -> None:
    told = Told(opened("2023-03-02T09:00:00-08:00", 17), BASELINE, PLANNED)
    told.tell(past(by("client", march(2, 9)), march(2, 9)))
    treated = past(a_session(march(3, 10)), march(3, 10))
    told.tell(treated)
    assert not set(told.broken(treated)) & {ALONE, NONE}


@pytest.mark.parametrize(
    ("born", "day", "rules"),
    [
        ("2008-03-05", 4, []),
        ("2008-03-05", 5, [NONE]),
        ("2008-03-05", 6, [NONE]),
        ("2008-03", 30, []),
        ("2008-03", 31, [NONE]),
        ("2008-03-02", 20, []),
        ("2012", 20, []),
        ("1950", 20, []),
    ],
)
def test_a_guardians_consent_ends_when_the_client_comes_of_age(born: str, day: int, rules: list[str]) -> None:
    assert broken(TODAY, by("guardian", march(2, 9, 30)), march(day, 10), born) == rules


def test_a_guardians_consent_ends_by_the_age_told_as_well() -> None:
    began = opened("2025-03-05T09:00:00-08:00", 17)
    consent = by("guardian", march(2, 9, 30))
    assert not broken(began, consent, march(4, 10))
    assert broken(began, consent, march(5, 10)) == [NONE]


def test_what_the_directory_knew_is_sealed_and_the_birthday_only_where_a_consent_ends_by_it() -> None:
    def sealed(consent: TreatmentConsented, born: str) -> tuple[int | None, date | None]:
        fact = given(TODAY).when(consent, known=known(born)).then_recorded()
        return fact.age, fact.of_age_on

    guardian = by("guardian", march(2, 9, 30))
    assert sealed(guardian, "2008-03-05") == (17, date(2026, 3, 5))
    assert sealed(guardian, "2009-03-02") == (17, date(2027, 3, 2))
    assert sealed(guardian, "2009-03-03") == (16, None)
    assert sealed(replace(guardian, expires_on=date(2026, 3, 4)), "2008-03-05") == (17, None)
    assert sealed(guardian, "2008-03-02") == (18, None)
    assert sealed(by("client", march(2, 9, 30)), "2008-03-05") == (17, None)
    assert sealed(guardian, "2027-01-01") == (0, None)
    given(TODAY).when(guardian).then(guardian)


def test_the_interval_of_a_guardians_consent_ends_on_the_eve() -> None:
    told = Told(TODAY, known=known("2008-03-05"))
    told.tell(past(by("guardian", march(2, 9, 30)), march(2, 9, 30)))
    (held,) = told.episode.spans_of(TreatmentConsented)
    assert held.interval.until == When.day(date(2026, 3, 4), ZONE)


def test_a_correction_of_the_age_told_judges_anew_and_what_is_sealed_stays() -> None:
    for born, anew in ((None, True), ("1990", False)):
        told = Told(TODAY, BASELINE, PLANNED, known=Known() if born is None else known(born))
        told.tell(past(by("client", march(2, 9, 30)), march(2, 9, 30)))
        treated = past(a_session(march(3, 10)), march(3, 10))
        told.tell(treated)
        assert ALONE not in told.broken(treated)
        wrong = EntryCorrected(
            reason_code="wrong_value", reason="misheard", replacement=replace(an_episode, age=15)
        )
        told.tell(past(wrong, march(4)), about=TODAY.id)
        told.agrees()
        assert (ALONE in told.broken(treated)) is anew


def test_a_check_stops_by_the_same_rules() -> None:
    alone = past(by("client", march(2, 9, 30), age=17), march(2, 9, 30))
    given(TODAY, alone, BASELINE, PLANNED).when(a_check, march(3)).then_verdict("stop", ALONE)
    grown = past(by("guardian", march(2, 9, 30), age=17, of_age_on=date(2026, 3, 5)), march(2, 9, 30))
    asked = given(TODAY, grown, BASELINE, PLANNED)
    asked.when(a_check, march(4)).then_verdict("go")
    asked.when(a_check, march(5)).then_verdict("stop", NONE)
