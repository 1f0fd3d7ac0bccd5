"""Sessions: whatever was done is recorded, and every broken rule of care is named with it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from episodes.domain.breaches import Breach
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.vocabulary import BY_FACT
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    CONSENTED,
    DEEP_TISSUE,
    FLAGGED,
    OPENED,
    PLANNED,
    READY,
    SWEDISH,
    a_check,
    a_session,
    judged,
    technique,
    treated,
)
from tests.support.episodes.scenario import ZONE, given, march, past

CHECKED_CARE = given(*READY, CHECKED)


def session(**said: object) -> SessionDelivered:
    return a_session(march(3, 10), **({"check_id": CHECKED.id} | said))


def test_a_session_with_consent_plan_and_check_breaks_no_rule() -> None:
    CHECKED_CARE.when(session()).then(session())


def test_without_a_plan() -> None:
    given(OPENED, CONSENTED, BASELINE, CHECKED).when(session()).then_breaches(
        "no-plan-in-force", "check-said-stop"
    )


def test_without_treatment_consent() -> None:
    given(OPENED, BASELINE, PLANNED, CHECKED).when(session()).then_breaches(
        "no-treatment-consent", "check-said-stop"
    )


def test_without_a_check() -> None:
    CHECKED_CARE.when(session(check_id=None)).then_breaches("no-session-check")


def test_against_a_check_that_said_stop() -> None:
    stopped = past(judged("stop"), march(3, 9, 55))
    given(*READY, stopped).when(session(check_id=stopped.id)).then_breaches("check-said-stop")


def test_what_a_check_would_say_now_counts_and_not_what_it_said_then() -> None:
    told_stop = past(replace(a_check, verdict="stop"), march(3, 9, 55))
    given(*READY, told_stop).when(session(check_id=told_stop.id)).then_breaches()


def test_on_the_check_of_another_day() -> None:
    early = past(a_check, march(2, 23, 59))
    given(*READY, early).when(session(check_id=early.id)).then_breaches("check-of-another-day")


def test_on_a_check_of_the_same_day_elsewhere_but_not_in_the_clinics_zone() -> None:
    """23:30 and 00:30 in Los Angeles fall on one day in UTC."""
    night = past(a_check, march(2, 23, 30))
    after_midnight = a_session(march(3, 0, 30), check_id=night.id)
    given(*READY, night).when(after_midnight).then_breaches("check-of-another-day")


def test_on_a_check_made_after_the_start() -> None:
    late = past(a_check, march(3, 10, 1))
    given(*READY, late).when(session(check_id=late.id)).then_breaches("check-after-start")


def test_a_check_at_the_very_start_is_in_time() -> None:
    at_start = past(a_check, march(3, 10))
    given(*READY, at_start).when(session(check_id=at_start.id)).then_breaches()


def test_on_a_check_another_session_has_used() -> None:
    history = given(*READY, CHECKED, treated())
    again = a_session(march(3, 15), check_id=CHECKED.id)
    history.when(again).then_breaches("check-used-before")


def test_against_an_open_flag_that_holds_care() -> None:
    given(*READY, FLAGGED, CHECKED).when(session()).then_breaches("open-red-flag", "check-said-stop")


def test_with_more_minutes_than_it_lasted() -> None:
    CHECKED_CARE.when(session(duration=29)).then_breaches("minutes-exceed-duration")
    CHECKED_CARE.when(session(duration=30)).then_breaches()


def test_without_a_stated_duration_start_and_end_tell_how_long_it_lasted() -> None:
    CHECKED_CARE.when(session(duration=None, end=march(3, 10, 29))).then_breaches("minutes-exceed-duration")
    CHECKED_CARE.when(session(duration=None, end=march(3, 10, 30))).then_breaches()
    CHECKED_CARE.when(session(duration=None, end=None)).then_breaches()


def test_with_a_technique_outside_the_plan_and_no_reason() -> None:
    CHECKED_CARE.when(session(techniques=(SWEDISH, DEEP_TISSUE))).then_breaches("technique-outside-plan")


def test_with_a_reason_a_technique_may_leave_the_plan() -> None:
    reasoned = replace(DEEP_TISSUE, deviation_reason="spasm on palpation")
    CHECKED_CARE.when(session(techniques=(reasoned,))).then_breaches()


def test_a_remark_on_a_planned_technique_does_not_put_it_outside_the_plan() -> None:
    CHECKED_CARE.when(session(techniques=(replace(SWEDISH, text="very slowly"),))).then_breaches()


def test_another_technique_is_known_by_its_words() -> None:
    cupping, gua_sha = (technique("other", text=words) for words in ("cupping", "gua sha"))
    plan = past(replace(PLANNED.fact, techniques=(cupping,)), march(2, 11))
    history = given(OPENED, CONSENTED, BASELINE, plan, CHECKED)
    history.when(session(techniques=(cupping,))).then_breaches()
    history.when(session(techniques=(gua_sha,))).then_breaches("technique-outside-plan")


def test_every_broken_rule_is_named_one_by_one() -> None:
    given(OPENED, FLAGGED).when(session(check_id=None, duration=10)).then_breaches(
        "no-plan-in-force",
        "no-treatment-consent",
        "open-red-flag",
        "no-session-check",
        "minutes-exceed-duration",
    )


def test_the_therapists_explanation_stays_with_the_breach_it_explains() -> None:
    explained = Breach(rule="no-session-check", explanation="the system was down")
    recorded = CHECKED_CARE.when(session(check_id=None, breaches=(explained,))).then_recorded()
    assert recorded.breaches == (explained,)


# Refused is only what cannot be: malformed, from the future, doubled, or pointing at nothing.


@pytest.mark.parametrize("strange", [UUID(int=999), BASELINE.id])
def test_a_check_that_is_not_there_is_refused(strange: UUID) -> None:
    CHECKED_CARE.when(session(check_id=strange)).then_refused("unknown-event", "/check_id")


def test_a_plan_version_that_never_was_is_refused() -> None:
    CHECKED_CARE.when(session(plan_version=1)).then_recorded()
    CHECKED_CARE.when(session(plan_version=2)).then_refused("unknown-plan-version", "/plan_version")


def test_a_date_of_service_that_contradicts_the_start_is_refused() -> None:
    outcome = CHECKED_CARE.when(session(date_of_service=date(2026, 3, 4)))
    outcome.then_refused("contradicting-times", "/date_of_service")


def test_a_session_that_ends_before_it_starts_is_refused() -> None:
    CHECKED_CARE.when(session(end=march(3, 9))).then_refused("session-ends-before-it-starts", "/end")


def test_a_session_that_has_not_ended_yet_is_refused() -> None:
    outcome = CHECKED_CARE.when(session(), now=march(3, 10, 30))
    outcome.then_refused("from-the-future", "/end")


def test_a_visit_is_recorded_once_in_an_episode() -> None:
    visit = UUID(int=50)
    history = given(*READY, CHECKED, treated(visit=visit))
    history.when(a_session(march(4, 10), visit=visit)).then_refused("visit-already-recorded", "/visit")


def test_where_it_took_place_stays_open_unless_somebody_said_so() -> None:
    assert session().place is None


def test_a_session_may_end_when_it_starts_and_untold_minutes_count_as_none() -> None:
    untold = replace(SWEDISH, minutes=None)
    at_once = session(duration=None, end=march(3, 10), techniques=(untold,))
    CHECKED_CARE.when(at_once).then_breaches()


def test_a_session_that_starts_on_the_minute_is_known_to_the_minute() -> None:
    own_time = BY_FACT[SessionDelivered].own_time
    assert own_time is not None
    told = [own_time(a_session(start), ZONE) for start in (march(3, 10), march(3, 10, 0, 1))]
    assert [(it.at, it.precision) for it in told] == [
        (march(3, 10), "minute"),
        (march(3, 10, 0, 1), "second"),
    ]
