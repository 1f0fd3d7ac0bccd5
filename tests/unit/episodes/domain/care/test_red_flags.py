"""Red flags raised by hand, and cleared by somebody with the authority."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from episodes.domain.care.clearances import ClearanceRecorded
from episodes.domain.care.red_flags import RedFlagCleared, accepted_with_limits, care_is_held
from episodes.domain.values import Limits
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    FLAGGED,
    READY,
    a_baseline,
    a_check,
    a_clearance,
    a_flag,
    a_flag_clearing,
    a_physician,
    a_session,
    judged,
)
from tests.support.episodes.scenario import Past, given, march, moment, past


def test_a_flag_is_recorded_and_may_name_its_source() -> None:
    sourced = replace(a_flag(), source="assessment", source_event=BASELINE.id)
    given(*READY).when(sourced).then(sourced)


def test_a_source_that_is_not_there_is_refused() -> None:
    sourced = replace(a_flag(), source_event=UUID(int=999))
    given(*READY).when(sourced).then_refused("unknown-event", "/source_event")


def test_care_is_held_from_the_flag_on_and_not_before() -> None:
    episode = given(*READY, FLAGGED).episode
    held = [care_is_held(episode, moment(march(2, hour))) for hour in (11, 12, 13)]
    assert held == [False, True, True]


def test_care_is_held_as_long_as_one_of_two_flags_holds_it() -> None:
    harmless = replace(FLAGGED, fact=a_flag(holds_care=False))
    assert care_is_held(given(*READY, FLAGGED, harmless).episode, moment(march(3)))


CLEARED = RedFlagCleared(flag_id=FLAGGED.id, finding="ruled_out", authority=a_physician)
CLEARANCE = "/screening/items/0/clearance_id"
ACCEPTED = replace(CLEARED, finding="accepted_with_limits", limits=Limits(pressure=2))


def test_a_flag_is_cleared_by_somebody_with_the_authority_and_holds_no_more() -> None:
    given(*READY, FLAGGED).when(a_flag_clearing, about=FLAGGED.id).then(CLEARED)
    cleared = past(CLEARED, march(5))
    given(*READY, FLAGGED, cleared).when(a_check, march(4)).then_verdict("stop", "open-red-flag")
    given(*READY, FLAGGED, cleared).when(a_check, march(6)).then_verdict("go")


def test_a_flag_stands_again_after_the_day_its_clearing_was_valid_until() -> None:
    for_a_week = past(replace(CLEARED, valid_until=date(2026, 3, 12)), march(5))
    checks = {day: given(*READY, FLAGGED, for_a_week).when(a_check, march(day, 12)) for day in (6, 12, 13)}
    verdicts = [check.then_recorded().verdict for check in checks.values()]
    assert verdicts == ["go", "go", "stop"]
    given(*READY, FLAGGED, for_a_week).when(a_flag_clearing, march(14), about=FLAGGED.id).then_recorded()


def test_a_flag_accepted_with_limits_limits_every_check() -> None:
    limitless = replace(a_flag_clearing, finding="accepted_with_limits")
    given(*READY, FLAGGED).when(limitless, about=FLAGGED.id).then_refused(
        "acceptance-needs-its-limits", "/limits"
    )
    accepted = past(ACCEPTED, march(5))
    given(*READY, FLAGGED, accepted).when(a_check, march(6)).then_verdict(
        "go_with_limits", "flag-accepted-with-limits"
    )


def test_only_a_flag_that_stands_is_cleared_and_not_before_it_was_raised() -> None:
    given(*READY).when(a_flag_clearing, about=FLAGGED.id).then_refused("unknown-flag")
    given(*READY, FLAGGED, past(CLEARED, march(5))).when(a_flag_clearing, about=FLAGGED.id).then_refused(
        "flag-already-cleared"
    )
    given(*READY, FLAGGED).when(a_flag_clearing, march(1), about=FLAGGED.id).then_refused(
        "ends-before-it-begins", "/occurred_at"
    )
    backwards = replace(a_flag_clearing, valid_until=date(2026, 3, 1))
    given(*READY, FLAGGED).when(backwards, march(5), about=FLAGGED.id).then_refused(
        "ends-before-it-begins", "/valid_until"
    )


def test_a_screening_may_rest_on_a_clearance_that_is_there() -> None:
    cleared = past(a_clearance, march(2, 12))
    resting = judged("proceed", clearance_id=cleared.id)
    given(*READY, cleared).when(resting, march(3)).then_verdict("go")
    on_another = judged("proceed", clearance_id=BASELINE.id)
    session = a_session(march(3, 10), check_id=CHECKED.id)
    for without in (resting, on_another):
        for draft in (without, replace(a_baseline, screening=without.screening)):
            given(*READY).when(draft, march(3)).then_refused("unknown-event", CLEARANCE)
        treated = replace(session, screening=without.screening)
        given(*READY, CHECKED).when(treated).then_refused("unknown-event", CLEARANCE)
    ended = replace(a_clearance, valid_until=date(2026, 3, 1))
    given(*READY).when(ended, march(3)).then_refused("ends-before-it-begins", "/valid_until")


def test_a_clearing_may_be_valid_for_its_own_day_and_not_until_one_before() -> None:
    asked = given(*READY, FLAGGED)
    today = replace(a_flag_clearing, valid_until=date(2026, 3, 5))
    asked.when(today, march(5, 10), about=FLAGGED.id).then_recorded()
    asked.when(today, march(6, 10), about=FLAGGED.id).then_refused("ends-before-it-begins", "/valid_until")


def test_limits_that_were_accepted_hold_as_long_as_their_clearing() -> None:
    for_a_week = past(replace(ACCEPTED, valid_until=date(2026, 3, 12)), march(5))
    episode = given(*READY, FLAGGED, for_a_week).episode
    held = [accepted_with_limits(episode, moment(march(day, 12))) for day in (4, 5, 12, 13)]
    assert held == [False, True, True, False]


def test_a_clearance_holds_until_the_end_of_its_last_day() -> None:
    for until, holds in ((date(2026, 3, 5), [True, False]), (None, [True, True])):
        cleared = past(replace(a_clearance, valid_until=until), march(3))
        (held,) = given(*READY, cleared).episode.spans_of(ClearanceRecorded)
        assert [held.interval.holds_at(moment(march(day, 12))) for day in (5, 6)] == holds


def test_a_clearance_may_end_on_its_day_and_not_before() -> None:
    today = replace(a_clearance, valid_until=date(2026, 3, 5))
    given(*READY).when(today, march(5, 10)).then_recorded()
    given(*READY).when(today, march(6, 10)).then_refused("ends-before-it-begins", "/valid_until")


def cleared_until(day: int | None, at: int) -> Past:
    last = None if day is None else date(2026, 3, day)
    return past(replace(CLEARED, valid_until=last), march(at))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("days", "again"), [((20, 12), 13), ((12, 20), 21)])
def test_of_clearings_the_newest_counts_whichever_was_recorded_first(
    turned: bool, days: tuple[int, int], again: int
) -> None:
    first, second = cleared_until(days[0], at=3), cleared_until(days[1], at=10)
    told = [second, first] if turned else [first, second]
    episode = given(*READY, FLAGGED, *told).episode
    stands = [day for day in range(3, 24) if care_is_held(episode, moment(march(day, 12)))]
    assert stands == list(range(again, 24))


def test_an_earlier_clearing_may_come_after_one_for_good() -> None:
    history = given(*READY, FLAGGED, cleared_until(None, at=10))
    history.when(cleared_until(5, at=3).fact, march(3), about=FLAGGED.id).then_recorded()
    history.when(cleared_until(15, at=12).fact, march(12), about=FLAGGED.id).then_refused(
        "flag-already-cleared"
    )
