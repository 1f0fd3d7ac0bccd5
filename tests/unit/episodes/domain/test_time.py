"""Two clocks, six precisions."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from episodes.domain.time import Interval, When, compare, months_after
from tests.support.episodes.care_facts import READY, a_check
from tests.support.episodes.scenario import NOW, ZONE, given, march, moment


def known_to(precision: str, at: datetime, zone: str = ZONE) -> When:
    return When.of(at, precision, zone)


@pytest.mark.parametrize(
    ("precision", "start"),
    [
        ("second", march(9, 14, 30, 45)),
        ("minute", march(9, 14, 30)),
        ("day", march(9)),
        ("month", march(1)),
        ("year", datetime.fromisoformat("2026-01-01T00:00-08:00")),
        ("unknown", march(9, 14, 30, 45)),
    ],
)
def test_a_time_is_the_start_of_what_is_known_of_it(precision: str, start: datetime) -> None:
    assert known_to(precision, march(9, 14, 30, 45)).at == start


@pytest.mark.parametrize(
    ("precision", "end"),
    [
        ("minute", march(8, 14, 30)),
        ("day", march(9)),
        ("month", datetime.fromisoformat("2026-04-01T00:00-07:00")),
        ("year", datetime.fromisoformat("2027-01-01T00:00-08:00")),
        ("unknown", march(8, 14, 30, 45)),
    ],
)
def test_its_end_is_where_the_stated_period_ends_also_over_a_change_of_the_clocks(
    precision: str, end: datetime
) -> None:
    assert known_to(precision, march(8, 14, 30, 45)).end == end


def test_a_moment_keeps_the_offset_it_was_told_with() -> None:
    told = datetime.fromisoformat("2026-03-09T23:30:00+01:00")
    assert known_to("second", told).at.isoformat() == "2026-03-09T23:30:00+01:00"
    assert known_to("day", told).at == march(9)


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        (moment(march(9, 10)), moment(march(9, 10)), 0),
        (moment(march(9, 10)), moment(march(9, 10, 0, 1)), -1),
        (moment(march(9, 10, 0, 59)), known_to("minute", march(9, 10)), 0),
        (moment(march(9, 23)), moment(date(2026, 3, 9)), 0),
        (moment(march(9, 23)), moment(date(2026, 3, 10)), -1),
        (moment(march(31, 23)), known_to("month", march(1)), 0),
        (moment(date(2026, 2, 28)), known_to("month", march(1)), -1),
        (known_to("month", march(5)), moment(date(2026, 2, 28)), 1),
    ],
)
def test_two_times_are_compared_at_the_coarser_precision(one: When, other: When, order: int) -> None:
    assert compare(one, other) == order
    assert compare(other, one) == -order


def test_a_day_is_a_day_of_the_clinic_not_of_greenwich() -> None:
    evening = datetime.fromisoformat("2026-03-10T06:59:00+00:00")
    assert compare(known_to("second", evening), moment(date(2026, 3, 9))) == 0


def test_a_day_that_begins_twice_is_one_day() -> None:
    """In Havana clocks go back from one o'clock to midnight."""
    havana = ZoneInfo("America/Havana")
    hours = [datetime(2026, 11, 1, 0, 30, tzinfo=havana, fold=fold) for fold in (0, 1)]
    first, second = (known_to("day", hour, "America/Havana") for hour in hours)
    assert compare(first, second) == 0
    assert first.at.isoformat() == second.at.isoformat() == "2026-11-01T00:00:00-04:00"


def test_equal_counts_as_held_at_both_ends() -> None:
    interval = Interval(moment(march(9, 10)), moment(march(9, 12)))
    held = [interval.holds_at(moment(march(9, *time))) for time in [(9, 59, 59), (10,), (12,), (12, 0, 1)]]
    assert held == [False, True, True, False]


def test_an_ending_never_lengthens() -> None:
    interval = Interval(moment(march(9)), moment(march(10)))
    assert interval.ended(moment(march(12))) == interval
    assert interval.ended(moment(date(2026, 3, 10))) == interval
    assert interval.ended(moment(march(9, 12))).until == moment(march(9, 12))


def test_what_would_have_held_all_day_may_end_at_noon() -> None:
    all_day = Interval(moment(march(9)), moment(date(2026, 3, 10)))
    ended = all_day.ended(moment(march(10, 12)))
    assert [ended.holds_at(moment(march(10, hour))) for hour in (12, 13)] == [True, False]


def test_two_minutes_ahead_of_our_clock_are_accepted_and_no_second_more() -> None:
    ready, ahead = given(*READY), timedelta(minutes=2)
    ready.when(a_check, NOW + ahead).then_recorded()
    ready.when(a_check, NOW + ahead + timedelta(seconds=1)).then_refused("from-the-future", "/occurred_at")


def test_today_known_to_the_day_is_not_the_future_and_tomorrow_is() -> None:
    given(*READY).when(a_check, NOW.date()).then_recorded()
    tomorrow = NOW.date() + timedelta(days=1)
    given(*READY).when(a_check, tomorrow).then_refused("from-the-future", "/occurred_at")


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        (known_to("day", march(9), "America/New_York"), moment(date(2026, 3, 9)), 0),
        (known_to("day", march(9), "America/New_York"), moment(march(8, 21)), 0),
        (known_to("day", march(9), "America/New_York"), moment(march(8, 20)), 1),
        (known_to("day", march(9), "America/New_York"), moment(march(9, 21)), -1),
        (known_to("month", march(9), "America/New_York"), moment(date(2026, 3, 1)), 0),
        (known_to("day", march(1), "America/New_York"), known_to("month", march(1)), 0),
    ],
)
def test_a_day_is_one_of_the_clinic_it_was_told_in_also_seen_from_another_zone(
    one: When, other: When, order: int
) -> None:
    assert compare(one, other) == order
    assert compare(other, one) == -order


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 3, 2), 24, date(2028, 3, 2)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(
    day: date, months: int, later: date
) -> None:
    assert months_after(day, months) == later


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        (known_to("year", march(9)), moment(date(2026, 12, 31)), 0),
        (known_to("year", march(9)), moment(date(2025, 12, 31)), 1),
        (known_to("year", march(9)), known_to("month", march(9)), 0),
        (known_to("unknown", march(9)), moment(march(9)), 0),
        (known_to("unknown", march(9)), moment(march(1)), 0),
        (known_to("unknown", march(9)), moment(march(9, 0, 0, 1)), -1),
        (known_to("unknown", march(9)), moment(date(2026, 3, 9)), 0),
        (known_to("unknown", march(9)), moment(date(2026, 3, 10)), -1),
        (known_to("unknown", march(9)), known_to("unknown", march(1)), 0),
    ],
)
def test_of_an_unknown_time_only_what_is_after_its_latest_is_after_it(
    one: When, other: When, order: int
) -> None:
    assert compare(one, other) == order
    assert compare(other, one) == -order


def test_what_began_at_an_unknown_time_may_have_held_and_is_not_known_to() -> None:
    interval = Interval(known_to("unknown", march(9)), moment(date(2026, 3, 10)))
    for day, may in ((1, True), (9, True), (10, True), (11, False)):
        when = moment(march(day, 12))
        assert (interval.holds_at(when), interval.lasts_at(when)) == (False, False)
        assert interval.may_hold_at(when) is may


def test_what_began_at_a_known_time_holds_where_it_may_hold() -> None:
    interval = Interval(moment(march(9)), moment(march(10)))
    for when in (moment(march(8)), moment(march(9)), moment(march(10)), moment(march(11))):
        assert interval.may_hold_at(when) is interval.holds_at(when)


def test_a_day_that_a_zone_left_out_is_the_one_that_came_instead_however_often_it_is_read() -> None:
    samoa = When.day(date(2011, 12, 30), "Pacific/Apia")
    again = When(datetime.fromisoformat(samoa.at.isoformat()), "day", "Pacific/Apia")
    assert samoa.date_in_zone() == again.date_in_zone() == date(2011, 12, 31)
    assert compare(samoa, again) == compare(samoa, When.day(date(2011, 12, 30), "Pacific/Apia")) == 0


@pytest.mark.parametrize(("precision", "last"), [("day", march(8).date()), ("second", march(8).date())])
def test_the_last_day_of_a_time_lies_in_it(precision: str, last: date) -> None:
    assert known_to(precision, march(8, 14)).last_day == last
    assert known_to("month", march(8)).last_day == date(2026, 3, 31)
    assert known_to("year", march(8)).last_day == date(2026, 12, 31)
