"""Consent to treatment: from its signature, for a year at most, to a midnight in the clinic's zone."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from episodes.domain.care.treatment_consents import Scope, TreatmentConsented, TreatmentConsentWithdrawn
from episodes.domain.values import Coded, Given
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    CONSENTED,
    OPENED,
    PLANNED,
    READY,
    SWEDISH,
    a_check,
    a_consent,
    a_session,
    an_episode,
)
from tests.support.episodes.scenario import given, march, moment, past

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


def test_an_imported_consent_for_more_than_a_year_is_a_breach_and_holds_for_a_year() -> None:
    longer = a_consent(SIGNED, expires_on=date(2028, 3, 2))
    recorded = given(OPENED).when(longer, imported=True).then_recorded()
    assert [breach.rule for breach in recorded.breaches] == ["consent-longer-than-a-year"]
    assert holds(recorded, date(2027, 3, 2))
    assert not holds(recorded, date(2027, 3, 3))


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


WITHDRAWN = TreatmentConsentWithdrawn(by="client")


def test_a_withdrawn_consent_holds_until_it_was_withdrawn_and_not_after() -> None:
    at = march(5, 9)
    recorded = given(*READY).when(WITHDRAWN, at, about=CONSENTED.id).then_recorded()
    assert (recorded.consent_id, recorded.effective_from) == (CONSENTED.id, at)
    ended = (*READY, past(recorded, at))
    given(*ended).when(a_check, march(4)).then_verdict("go")
    given(*ended).when(a_check, march(6)).then_verdict("stop", "no-treatment-consent")


def test_a_consent_that_is_not_there_or_was_withdrawn_before_is_not_withdrawn() -> None:
    given(OPENED).when(WITHDRAWN, about=CONSENTED.id).then_refused("unknown-consent")
    gone = past(replace(WITHDRAWN, consent_id=CONSENTED.id, effective_from=march(5)), march(5))
    given(*READY, gone).when(WITHDRAWN, about=CONSENTED.id).then_refused("consent-already-withdrawn")
    before = replace(WITHDRAWN, effective_from=march(1))
    given(*READY).when(before, about=CONSENTED.id).then_refused("ends-before-it-begins", "/effective_from")


def test_a_consent_to_one_technique_covers_that_technique_alone() -> None:
    scope = Scope(of="technique", technique=Coded(code="swedish", list="techniques/1"))
    signed = past(replace(a_consent(march(2, 9, 30)), scope=(scope,)), march(2, 9, 30))
    ready = (OPENED, signed, BASELINE, PLANNED)
    given(*ready).when(replace(a_check, techniques=(SWEDISH,)), march(3)).then_verdict("go")
    given(*ready).when(a_check, march(3)).then_verdict("stop", "no-treatment-consent")
    deep = replace(SWEDISH, code="deep_tissue")
    given(*ready).when(replace(a_check, techniques=(SWEDISH, deep)), march(3)).then_verdict(
        "stop", "no-treatment-consent"
    )
    general = replace(signed, fact=replace(signed.fact, scope=(scope, Scope())))
    given(OPENED, general, BASELINE, PLANNED).when(a_check, march(3)).then_verdict("go")


def test_a_minor_does_not_consent_alone() -> None:
    child = past(replace(an_episode, age=15), march(2, 9))
    ready = (child, CONSENTED, BASELINE, PLANNED)
    given(*ready).when(a_check, march(3)).then_verdict("stop", "consent-of-a-minor-alone")
    given(*ready, CHECKED).when(a_session(march(3, 10), check_id=CHECKED.id)).then_breaches(
        "consent-of-a-minor-alone", "check-said-stop"
    )
    by_a_parent = replace(a_consent(march(2, 9, 40)), given=Given(by="guardian", relationship="mother"))
    guarded = (*ready, past(by_a_parent, march(2, 9, 40)))
    given(*guarded).when(a_check, march(3)).then_verdict("go")


def test_a_withdrawal_before_its_consent_is_refused_where_its_time_was_said() -> None:
    asked = given(*READY)
    asked.when(WITHDRAWN, march(2, 9), about=CONSENTED.id).then_refused(
        "ends-before-it-begins", "/occurred_at"
    )
    earlier = replace(WITHDRAWN, effective_from=march(2, 9))
    asked.when(earlier, about=CONSENTED.id).then_refused("ends-before-it-begins", "/effective_from")


def test_a_withdrawal_from_earlier_may_come_after_a_later_one() -> None:
    later = past(replace(WITHDRAWN, consent_id=CONSENTED.id, effective_from=march(10)), march(11))
    history = given(*READY, later)
    for day, refused in ((5, False), (10, True), (12, True)):
        outcome = history.when(replace(WITHDRAWN, effective_from=march(day)), march(12), about=CONSENTED.id)
        if refused:
            outcome.then_refused("consent-already-withdrawn")
        else:
            outcome.then_recorded()
