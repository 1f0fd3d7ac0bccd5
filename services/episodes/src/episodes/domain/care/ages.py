"""The client's age by what was told at the opening: that age, and the whole years since.

It is the least that the client may be, in favour of protection: whoever was 17 then is 18 a year later.
"""

from datetime import date

from episodes.domain.births import OF_AGE, whole_years, years_after
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.episode import Episode


def age_told(episode: Episode, day: date) -> int | None:
    """The age on a day in whole years; none if none was told. Before the opening it counts back."""
    told = _told(episode)
    return None if told is None else told[0] + whole_years(told[1], day)


def of_age_as_told(episode: Episode) -> date | None:
    """The first day on which the client is of age for certain; none if no age was told."""
    told = _told(episode)
    return None if told is None else years_after(told[1], OF_AGE - told[0])


def _told(episode: Episode) -> tuple[int, date] | None:
    """The age told at the opening, and the last day on which that may have been."""
    opened = next(episode.of(EpisodeOpened), None)
    if opened is None or opened.fact.age is None:
        return None
    return opened.fact.age, opened.metadata.when.last_day
