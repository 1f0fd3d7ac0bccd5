"""What an amendment says of when its entry happened: no time is invented by it, and none is lost."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.event import EventMetadata
from episodes.domain.time import When
from episodes.http.moments import DAY_AS_KNOWN, TIME_AS_KNOWN
from tests.support.episodes.batches import a_batch, an_episode_of, answered, command, told_of
from tests.support.episodes.care_facts import OPENED, a_baseline, a_session
from tests.support.episodes.scenario import EPISODE, ZONE, Past, march

SESSION = "session-delivered.1"
TIME: TypeAdapter[Any] = TypeAdapter(TIME_AS_KNOWN)
DAY: TypeAdapter[Any] = TypeAdapter(DAY_AS_KNOWN)


def a_day_session(day: date, **said: Any) -> SessionDelivered:
    return replace(a_session(march(1, 10)), start=None, end=None, duration=None, date_of_service=day, **said)


def amended(entry: Past, amendment: Any) -> EventMetadata:
    """The entry's metadata once it is amended."""
    batch = a_batch(told_of(an_episode_of(OPENED, entry)))
    answered(batch, command(amendment, EPISODE, about=entry.id))
    found = batch.read_set.episodes[EPISODE].episode.entry(entry.id)
    assert found is not None
    return found.metadata


def a_correction(fact: Any, **said: Any) -> EntryCorrected:
    of = SESSION if isinstance(fact, SessionDelivered) else "assessed.1"
    return EntryCorrected(of=of, reason="mistyped", reason_code="other", replacement=fact, **said)


@pytest.mark.parametrize("precision", ["day", "month", "year", "unknown"])
def test_a_session_sent_back_as_it_was_shown_stays_as_exact_as_it_was(precision: str) -> None:
    when = When.of(march(1), precision, ZONE)
    entry = Past(a_day_session(when.date_in_zone()), when)
    header = amended(entry, a_correction(replace(entry.fact, position="prone")))
    assert (header.occurred_at, header.precision) == (when.at, precision)


def test_it_becomes_another_day_month_or_year_where_that_is_written_or_said() -> None:
    entry = Past(a_day_session(date(2026, 3, 1)), When.of(march(1), "month", ZONE))
    for fact, said, at, precision in (
        (a_day_session(date(2026, 2, 3)), {}, "2026-02-03", "day"),
        (a_day_session(DAY.validate_python("2025")), {}, "2025-01-01", "year"),
        (a_day_session(date(2026, 3, 1)), {"happened_precision": "day"}, "2026-03-01", "day"),
    ):
        header = amended(entry, a_correction(fact, **said))
        assert (str(header.occurred_at.date()), header.precision) == (at, precision)


@pytest.mark.parametrize(
    ("before", "told", "at", "precision"),
    [
        ("month", "2026-03-05T10:00-08:00", "2026-03-05T10:00:00-08:00", "minute"),
        ("day", "2026-03-05T10:00:30-08:00", "2026-03-05T10:00:30-08:00", "second"),
        ("day", "2026-03-05T00:00:00-08:00", "2026-03-05T00:00:00-08:00", "day"),
        ("minute", "2026-03-05T10:00:00-08:00", "2026-03-05T10:00:00-08:00", "minute"),
        ("second", "2026-02", "2026-02-01T00:00:00-08:00", "month"),
        ("unknown", "2026-03-05", "2026-03-05T00:00:00-08:00", "day"),
    ],
)
def test_a_time_that_is_told_anew_is_kept_as_exactly_as_it_is_told(
    before: str, told: str, at: str, precision: str
) -> None:
    entry = Past(a_baseline, When.of(march(2), before, ZONE))
    header = amended(entry, a_correction(a_baseline, happened_at=TIME.validate_python(told)))
    assert (header.occurred_at, header.precision) == (datetime.fromisoformat(at), precision)


def test_a_time_that_is_not_known_still_keeps_its_latest() -> None:
    entry = Past(a_baseline, When.of(march(1), "unknown", ZONE))
    header = amended(entry, a_correction(a_baseline, happened_precision="unknown"))
    assert (header.occurred_at, header.precision) == (march(1), "unknown")


def test_a_start_that_is_added_says_when_the_session_was() -> None:
    entry = Past(a_day_session(date(2026, 3, 3)), When.day(date(2026, 3, 3), ZONE))
    header = amended(entry, EntryAddedTo(of=SESSION, added={"start": march(3, 10)}))
    assert (header.occurred_at, header.precision) == (march(3, 10), "minute")
    header = amended(entry, EntryAddedTo(of=SESSION, added={"position": "prone"}))
    assert (header.occurred_at, header.precision) == (march(3), "day")


@pytest.mark.parametrize(
    ("own", "beside", "precision"), [("2026", "2026-03-03", "day"), ("2026-03", "2026", "month")]
)
def test_the_finer_of_two_times_counts_where_the_facts_own_is_no_day(
    own: str, beside: str, precision: str
) -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    session = a_day_session(DAY.validate_python(own))
    said = {"occurred_at": TIME.validate_python(beside)}
    answered(batch, command(session, EPISODE, said=said, id=UUID(int=700)))
    assert batch.read_set.episodes[EPISODE].episode.entries[-1].metadata.precision == precision
