"""Ages that contradict the birth date, and consents that were judged by another age than is known now."""

from collections.abc import Iterator

from episodes.domain.births import OF_AGE, Born
from episodes.domain.care.ages import age_told
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sharing_consents import SharingConsented
from episodes.domain.care.treatment_consents import (
    A_DAY,
    TreatmentConsented,
    last_day_of,
    of_a_minor,
    outgrown_on,
)
from episodes.domain.doubts.doubt import Doubt, Told
from episodes.domain.episode import Episode, Span
from episodes.domain.event import RecordedEvent
from episodes.domain.time import Interval, When
from episodes.domain.values import Given

ANOTHER_AGE = "The directory's birth date makes the client another age."
UNBORN = "By the directory's birth date the client was not born then."
GROWN_UP = "The client is of age by what is known, and the consent is a guardian's."
CONSENT_ANEW = (
    "The directory's birth date has changed since a consent was recorded, or was not known then. The consent"
    " counts by what was known: record the consent anew."
)


OF_AGES = (EpisodeOpened, TreatmentConsented, SharingConsented, SessionChecked)
"""The facts from which the client's age follows, or that follow from it."""


def contradicting_ages(told: Told) -> Iterator[Doubt]:
    """Whether what was told of the client's age, or follows from it, contradicts the directory."""
    entry, born = told.entry, told.command.known.born
    match entry.fact:
        case EpisodeOpened():
            if born is not None and _another_age(born, entry):
                yield Doubt("age-contradicts-birth-date", "/age", ANOTHER_AGE)
            elif born is not None and born.first > entry.metadata.when.last_day:
                yield Doubt("age-contradicts-birth-date", told.time_at, UNBORN)
        case TreatmentConsented():
            yield from _of_whom(told.episode, entry)
        case SharingConsented(given=Given(by="client")) if _minor(told):
            yield Doubt("consent-of-a-minor-alone", "/given/by")
        case SessionChecked():
            if born is not None and _says_otherwise(told.episode, born, entry.metadata.when):
                yield Doubt("age-says-otherwise", "", CONSENT_ANEW)


def _another_age(born: Born, opened: RecordedEvent[EpisodeOpened]) -> bool:
    """Whether the age told is none that the client may have had on a day of the opening."""
    age, when = opened.fact.age, opened.metadata.when
    return age is not None and not born.may_be(age, when.date_in_zone(), when.last_day)


def _minor(told: Told) -> bool:
    """Whether the client was a minor on the day of the entry, by what is known now."""
    day, born = told.entry.metadata.when.date_in_zone(), told.command.known.born
    age = age_told(told.episode, day) if born is None else born.age(day)
    return age is not None and age < OF_AGE


def _of_whom(episode: Episode, consent: RecordedEvent[TreatmentConsented]) -> Iterator[Doubt]:
    """A guardian's consent for somebody of age may be right: adults have guardians too."""
    minor = of_a_minor(episode, consent)
    if consent.fact.given.by == "client" and minor:
        yield Doubt("consent-of-a-minor-alone", "/given/by")
    if consent.fact.given.by == "guardian" and minor is False:
        yield Doubt("age-contradicts-birth-date", "/given/by", GROWN_UP)


def _says_otherwise(episode: Episode, born: Born, when: When) -> bool:
    """Whether the consents of the time of the check count otherwise than they would by the birth date. One
    that counts as it would has been recorded since, or says the same.
    """
    held = [one for one in episode.spans_of(TreatmentConsented) if _of_the_time(one, when)]
    return bool(held) and all(_counts_otherwise(episode, one.entry, born, when) for one in held)


def _of_the_time(held: Span[TreatmentConsented], when: When) -> bool:
    """Whether it holds then, or would but for the day on which the client comes of age."""
    fact, interval = held.fact, held.interval
    if fact.of_age_on is None or interval.until is None:
        return interval.holds_at(when)
    outgrown = interval.until.date_in_zone() == fact.of_age_on - A_DAY
    last = last_day_of(fact, held.entry.metadata.when)
    longer = Interval(interval.since, When.day(last, when.zone)) if outgrown else interval
    return longer.holds_at(when)


def _counts_otherwise(
    episode: Episode, consent: RecordedEvent[TreatmentConsented], born: Born, when: When
) -> bool:
    """A client's own, by whether it was a minor's; a guardian's, by whether the client came of age since."""
    minor_now = born.age(consent.metadata.when.date_in_zone()) < OF_AGE
    match consent.fact.given.by:
        case "client":
            return minor_now != bool(of_a_minor(episode, consent))
        case "guardian":
            day, outgrown = when.date_in_zone(), outgrown_on(episode, consent)
            return (minor_now and born.of_age_on <= day) != (outgrown is not None and outgrown <= day)
        case _:
            return False
