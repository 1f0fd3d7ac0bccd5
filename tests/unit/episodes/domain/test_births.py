"""A birth date as exactly as it is known, and ages in favour of protection."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.domain.births import OF_AGE, Born, whole_years, years_after

days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
births = days.flatmap(lambda day: st.sampled_from([f"{day}", f"{day:%Y-%m}", f"{day:%Y}"]).map(Born.of))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1980-05-17", date(1980, 5, 17), date(1980, 5, 17)),
        ("1980-05", date(1980, 5, 1), date(1980, 5, 31)),
        ("1980-02", date(1980, 2, 1), date(1980, 2, 29)),
        ("1980-12", date(1980, 12, 1), date(1980, 12, 31)),
        ("1980", date(1980, 1, 1), date(1980, 12, 31)),
    ],
)
def test_a_birth_date_is_a_day_a_month_or_a_year(text: str, first: date, last: date) -> None:
    assert Born.of(text) == Born(first, last)


@pytest.mark.parametrize("text", ["", "80", "1980-5", "1980-13", "1979-02-29", "1980-05-17T00:00", " 1980"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"month|day"):
        Born.of(text)


@given(births, st.dates(date(2000, 1, 1), date(2130, 12, 31)))
def test_nobody_is_of_age_before_they_are_for_certain(born: Born, day: date) -> None:
    assert (born.age(day) >= OF_AGE) == (day >= born.of_age_on)


@given(births, days)
def test_the_age_that_counts_is_the_least_that_it_may_be(born: Born, day: date) -> None:
    assert born.age(day) <= max(0, whole_years(born.first, day))
    if day >= born.last:
        assert born.may_be(born.age(day), day, day)
    assert not born.may_be(whole_years(born.first, day) + 1, day, day)


@given(days, st.integers(0, 130))
def test_the_day_after_so_many_years_is_the_first_of_them(day: date, years: int) -> None:
    after = years_after(day, years)
    assert whole_years(day, after) == years
    assert whole_years(day, after - timedelta(days=1)) == years - 1


def test_whoever_is_born_on_a_leap_day_comes_of_age_in_march() -> None:
    assert Born.of("2008-02-29").of_age_on == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "day", "age"),
    [
        ("1980", date(1998, 12, 30), 17),
        ("1980", date(1998, 12, 31), 18),
        ("1980-05", date(1998, 5, 30), 17),
        ("1980-05", date(1998, 5, 31), 18),
        ("1980-05-17", date(1998, 5, 17), 18),
        ("1980-05-17", date(1979, 1, 1), 0),
    ],
)
def test_the_last_possible_birthday_counts(text: str, day: date, age: int) -> None:
    assert Born.of(text).age(day) == age
