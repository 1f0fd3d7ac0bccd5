"""A birth date as exactly as it is known, and ages in whole years.

Where it is not known to the day, the age is counted in favour of protection: from the last day that it may
be.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

OF_AGE = 18
"""Years from which a client may consent alone (RCW 26.28.015); before, a guardian or representative does."""

FIRST_YEAR = 1900
"""Nobody who comes for treatment was born before."""

FORM = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Born:
    """The first and the last day on which somebody may have been born; the same if the day is known."""

    first: date
    last: date

    @classmethod
    def of(cls, text: str) -> "Born":
        """A day (`1980-05-17`), month (`1980-05`) or year (`1980`). Raises `ValueError` for anything else."""
        found = FORM.fullmatch(text)
        if found is None:
            raise ValueError("a day, month or year of birth")
        year, month, day = (None if part is None else int(part) for part in found.groups())
        assert year is not None
        if month is None:
            return cls(date(year, 1, 1), date(year, 12, 31))
        if day is None:
            first = date(year, month, 1)
            return cls(first, first.replace(day=monthrange(year, month)[1]))
        return cls(date(year, month, day), date(year, month, day))

    def age(self, day: date) -> int:
        """The age on that day in whole years, the least that it may be; 0 before the birth."""
        return max(0, whole_years(self.last, day))

    def may_be_true(self, today: date) -> bool:
        """Whether somebody may be born then: from 1900 on, and not in the future."""
        return self.first.year >= FIRST_YEAR and self.first <= today

    def may_be(self, age: int, since: date, until: date) -> bool:
        """Whether the age in whole years may be this one on one of these days."""
        return whole_years(self.last, since) <= age <= whole_years(self.first, until)

    @property
    def of_age_on(self) -> date:
        """The first day on which the person is of age for certain."""
        return years_after(self.last, OF_AGE)


def whole_years(since: date, day: date) -> int:
    """How many whole years have passed since a day; negative before it."""
    return day.year - since.year - ((day.month, day.day) < (since.month, since.day))


def years_after(day: date, years: int) -> date:
    """The first day on which so many whole years have passed: of a 29 February, 1 March in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
