"""Times that are not known: what permits is not taken to hold, what protects holds from its latest on."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.time import When
from episodes.domain.values import Screening, ScreeningItem
from episodes.domain.written_times import WrittenTime
from tests.support.episodes.care_facts import (
    BASELINE,
    OPENED,
    a_check,
    a_clearance,
    a_consent,
    a_flag,
    a_flag_clearing,
    a_hold,
    a_plan,
    a_session,
)
from tests.support.episodes.scenario import ZONE, Past, given, march, past
from tests.support.episodes.telling import Told

PLAN, CONSENT = past(a_plan, march(2)), past(a_consent(march(1)), march(1))
CHECK = past(a_check, march(5, 9))
SESSION = a_session(march(5, 10), check_id=CHECK.id)


def unknown(fact: Any, day: int) -> Past:
    """A fact at a time that is not known, on this day at the latest."""
    return Past(fact, When.of(march(day), "unknown", ZONE))


@pytest.mark.parametrize("latest", [4, 9])
@pytest.mark.parametrize(
    ("missing", "rule"),
    [(PLAN, "no-plan-in-force"), (CONSENT, "no-treatment-consent")],
    ids=["plan", "consent"],
)
def test_what_permits_at_an_unknown_time_is_not_known_to_hold(missing: Past, rule: str, latest: int) -> None:
    others = [one for one in (PLAN, CONSENT) if one is not missing]
    without = given(OPENED, BASELINE, *others)
    without.when(a_check, march(5, 9)).then_verdict("stop", rule)
    doubtful = given(OPENED, BASELINE, *others, unknown(missing.fact, latest))
    doubtful.when(a_check, march(5, 9)).then_verdict("stop", "time-not-known")
    doubtful.when(replace(SESSION, check_id=None)).then_breaches("time-not-known", "no-session-check")


def test_nor_is_a_clearance() -> None:
    cleared = unknown(a_clearance, 4)
    item = ScreeningItem(
        code="recent_surgery", answer="present", judgement="proceed", clearance_id=cleared.id
    )
    check = replace(a_check, screening=Screening(list_version="1", items=(item,)))
    given(OPENED, BASELINE, PLAN, CONSENT, cleared).when(check, march(5, 9)).then_verdict(
        "stop", "time-not-known"
    )


def test_a_consent_that_had_ended_by_then_is_none_whenever_it_was_given() -> None:
    ended = replace(a_consent(march(1)), expires_on=march(4).date())
    episode = given(OPENED, BASELINE, PLAN, unknown(ended, 4))
    episode.when(a_check, march(5, 9)).then_verdict("stop", "no-treatment-consent")


@pytest.mark.parametrize(("fact", "rule"), [(a_flag(), "open-red-flag"), (a_hold, "episode-on-hold")])
def test_what_protects_holds_from_its_latest_on(fact: Any, rule: str) -> None:
    ready = (OPENED, BASELINE, PLAN, CONSENT)
    given(*ready, unknown(fact, 4)).when(a_check, march(5, 9)).then_verdict("stop", rule)
    given(*ready, unknown(fact, 6)).when(a_check, march(5, 9)).then_verdict("go")


def test_a_withdrawal_ends_a_consent_at_its_latest() -> None:
    withdrawn = TreatmentConsentWithdrawn(consent_id=CONSENT.id)
    for latest, verdict in ((4, ("stop", "no-treatment-consent")), (6, ("go",))):
        episode = given(OPENED, BASELINE, PLAN, CONSENT, unknown(withdrawn, latest))
        episode.when(a_check, march(5, 9)).then_verdict(*verdict)


def test_a_flag_is_over_from_the_latest_that_it_can_have_been_cleared() -> None:
    flag = past(a_flag(), march(3))
    cleared = replace(a_flag_clearing, flag_id=flag.id)
    for latest, verdict in ((4, ("go",)), (6, ("stop", "open-red-flag"))):
        episode = given(OPENED, BASELINE, PLAN, CONSENT, flag, unknown(cleared, latest))
        episode.when(a_check, march(5, 9)).then_verdict(*verdict)


def test_a_flag_of_unknown_time_may_be_cleared_at_any_time_before() -> None:
    flag = unknown(a_flag(), 9)
    given(OPENED, flag).when(a_flag_clearing, march(4), about=flag.id).then_recorded()


def test_of_a_session_of_unknown_time_it_is_told_what_is_certain_and_that_the_rest_is_not_known() -> None:
    session = replace(SESSION, start=None, end=None, check_id=None)
    when = unknown(session, 6).when

    def breaches(*history: Past) -> list[str]:
        told = Told(OPENED, BASELINE, *history)
        recorded = Past(replace(session, date_of_service=march(5).date()), when)
        told.tell(recorded)
        told.agrees()
        return told.broken(recorded)

    nothing = ["no-plan-in-force", "no-treatment-consent", "no-session-check"]
    assert breaches() == nothing
    assert breaches(past(a_plan, march(7)), past(a_consent(march(7)), march(7))) == nothing
    assert breaches(PLAN, CONSENT) == ["time-not-known", "no-session-check"]
    assert breaches(PLAN) == ["time-not-known", "no-treatment-consent", "no-session-check"]


def test_a_fact_of_unknown_time_judges_sessions_of_long_ago_anew() -> None:
    told, long_ago = Told(OPENED), march(1).replace(year=2020)
    session = past(a_session(long_ago), long_ago)
    told.tell(session)
    assert told.broken(session)[:2] == ["no-plan-in-force", "no-treatment-consent"]
    told.tell(unknown(a_consent(march(9)), 9))
    assert told.broken(session)[:2] == ["no-plan-in-force", "time-not-known"]
    told.agrees()


@pytest.mark.parametrize(
    ("occurred", "precision", "effective", "verdict"),
    [
        (6, "second", 4, ("stop", "no-treatment-consent")),
        (1, "month", 4, ("stop", "no-treatment-consent")),
        (5, "day", 4, ("stop", "no-treatment-consent")),
        (4, "day", None, ("stop", "no-treatment-consent")),
        (5, "day", None, ("go",)),
        (1, "month", None, ("go",)),
    ],
)
def test_a_withdrawal_that_says_from_when_is_exact_and_any_other_as_exact_as_its_time(
    occurred: int, precision: str, effective: int | None, verdict: Any
) -> None:
    when = When.of(march(occurred), precision, ZONE)
    from_when = when.at if effective is None else march(effective, 12)
    withdrawn = Past(TreatmentConsentWithdrawn(consent_id=CONSENT.id, effective_from=from_when), when)
    given(OPENED, BASELINE, PLAN, CONSENT, withdrawn).when(a_check, march(5, 9)).then_verdict(*verdict)


def test_what_is_of_unknown_time_may_have_ended_before() -> None:
    ended = replace(a_clearance, valid_until=march(1).date())
    when = When.of(march(9), "unknown", ZONE)
    given(OPENED).when(ended, when).then_recorded()
    given(OPENED).when(ended, march(9)).then_refused("ends-before-it-begins", "/valid_until")


def test_a_consent_of_a_month_may_last_a_year_from_its_last_day() -> None:
    signed = WrittenTime(2026, 3, 1)
    signed.precision = "month"
    last = replace(a_consent(signed), expires_on=march(31).date().replace(year=2027))
    given(OPENED).when(last).then_recorded()
    longer = replace(last, expires_on=date(2027, 4, 1))
    given(OPENED).when(longer).then_refused("consent-longer-than-a-year", "/expires_on")


def test_a_withdrawal_from_the_day_of_the_signature_takes_effect_with_it() -> None:
    signed = past(a_consent(march(1, 10)), march(1, 10))
    withdrawn = TreatmentConsentWithdrawn(effective_from=march(1))
    recorded = given(OPENED, signed).when(withdrawn, march(2), about=signed.id).then_recorded()
    assert recorded.effective_from == march(1, 10)
    earlier = TreatmentConsentWithdrawn(effective_from=march(1, 9))
    given(OPENED, signed).when(earlier, march(2), about=signed.id).then_refused(
        "ends-before-it-begins", "/effective_from"
    )
