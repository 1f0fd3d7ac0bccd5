"""A session written down late is judged by what held on its day, as known now."""

from dataclasses import replace
from datetime import date

from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    DEEP_TISSUE,
    FLAGGED,
    OPENED,
    PLANNED,
    READY,
    SWEDISH,
    a_check,
    a_consent,
    a_refinement,
    a_session,
)
from tests.support.episodes.scenario import given, march, past

REFINED = past(a_refinement("travel", plan_version=2, replaces=1), march(10, 9))


def test_by_the_plan_of_its_day_though_a_newer_one_is_in_force() -> None:
    history = given(*READY, CHECKED, REFINED)
    by_the_old = a_session(march(3, 10), check_id=CHECKED.id, techniques=(SWEDISH,))
    history.when(by_the_old).then_breaches()
    by_the_new = a_session(march(3, 10), check_id=CHECKED.id, techniques=(DEEP_TISSUE,))
    history.when(by_the_new).then_breaches("technique-outside-plan")


def test_by_the_consent_of_its_day_though_it_has_ended_since() -> None:
    ended = past(a_consent(march(2, 9, 30), expires_on=date(2026, 3, 5)), march(2, 9, 30))
    history = given(OPENED, ended, BASELINE, PLANNED, CHECKED)
    history.when(a_session(march(3, 10), check_id=CHECKED.id)).then_breaches()


def test_a_consent_of_the_day_learned_later_counts_too() -> None:
    history = given(OPENED, BASELINE, PLANNED, CHECKED, past(a_consent(march(3, 9)), march(3, 9)))
    history.when(a_session(march(3, 10), check_id=CHECKED.id)).then_breaches()


def test_before_plan_and_consent_it_broke_both_rules() -> None:
    early = past(a_check, march(1, 9))
    history = given(*READY, early)
    history.when(a_session(march(1, 10), check_id=early.id)).then_breaches(
        "no-plan-in-force", "no-treatment-consent", "check-said-stop"
    )


def test_consent_ends_at_midnight_in_the_clinics_zone() -> None:
    last_day = past(a_consent(march(2, 9, 30), expires_on=date(2026, 3, 5)), march(2, 9, 30))
    before, after = past(a_check, march(5, 23, 50)), past(a_check, march(6, 0, 5))
    history = given(OPENED, last_day, BASELINE, PLANNED, before, after)
    history.when(a_session(march(5, 23, 58), check_id=before.id)).then_breaches()
    history.when(a_session(march(6, 0, 10), check_id=after.id)).then_breaches(
        "no-treatment-consent", "check-said-stop"
    )


def test_a_flag_raised_after_it_does_not_count_against_it() -> None:
    later = replace(FLAGGED, when=past(None, march(3, 12)).when)
    history = given(*READY, CHECKED, later)
    history.when(a_session(march(3, 10), check_id=CHECKED.id)).then_breaches()


def test_known_to_the_day_it_is_compared_by_the_day() -> None:
    of_the_day = replace(a_session(march(2, 12)), start=None, end=None)
    check = past(a_check, march(2, 20))
    given(*READY, check).when(replace(of_the_day, check_id=check.id)).then_breaches()
