"""When something happened, as exactly as the caller knows it: written so, said so, or not known at all."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from episodes.domain.care.amendments import EntryCorrected
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.event import EventMetadata
from episodes.domain.time import PRECISIONS
from episodes.domain.values import Given
from episodes.domain.written_times import WrittenTime
from episodes.errors import EarlierReleasesRun
from episodes.event_log.codec import decode
from episodes.event_log.compatibility import Understood
from episodes.http.moments import DAY_AS_KNOWN, TIME_AS_KNOWN
from tests.support.episodes.batches import (
    KEY,
    a_batch,
    an_episode_of,
    answered,
    command,
    outcome,
    refused,
    told_of,
)
from tests.support.episodes.care_facts import BASELINE, OPENED, a_baseline, a_session, an_episode
from tests.support.episodes.scenario import CLIENT, EPISODE, NETWORK, NOW, march

TIME: TypeAdapter[Any] = TypeAdapter(TIME_AS_KNOWN)
DAY: TypeAdapter[Any] = TypeAdapter(DAY_AS_KNOWN)


def the_time(text: str) -> WrittenTime:
    written: WrittenTime = TIME.validate_python(text)
    return written


def told(draft: Any, **said: Any) -> EventMetadata:
    """The metadata of what is recorded."""
    batch = a_batch(told_of(an_episode_of(OPENED, BASELINE)))
    answered(batch, command(draft, EPISODE, about=BASELINE.id, said=said))
    return decode(batch.write_set.events[0], {KEY.id: KEY}).metadata


def known(header: EventMetadata) -> tuple[str, str]:
    return header.occurred_at.isoformat(), header.precision


def a_consent(signed_at: str) -> TreatmentConsented:
    return TreatmentConsented(given=Given(by="client"), signed_at=the_time(signed_at))


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2026-03-03T10:00:30-08:00", "2026-03-03T10:00:30-08:00", "second"),
        ("2026-03-03T10:00-08:00", "2026-03-03T10:00:00-08:00", "minute"),
        ("2026-03-03t18:00:00z", "2026-03-03T18:00:00+00:00", "second"),
        ("2026-03-03", "2026-03-03T00:00:00-08:00", "day"),
        ("2026-03", "2026-03-01T00:00:00-08:00", "month"),
        ("2026", "2026-01-01T00:00:00-08:00", "year"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999+00:00", "second"),
        ("2016-12-31T15:59:60.5-08:00", "2016-12-31T15:59:59.999999-08:00", "second"),
        ("2026-03-03T10:00:00.1234567-08:00", "2026-03-03T10:00:00.123456-08:00", "second"),
    ],
)
def test_a_time_is_known_as_exactly_as_it_is_written(text: str, at: str, precision: str) -> None:
    assert known(told(a_baseline, occurred_at=the_time(text))) == (at, precision)
    assert known(told(a_consent(text))) == (at, precision)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-02-30", "2026-13", "1899", "2200-01", "26", "2026-3", "2026-03-03T10", "20260303"),
        *("2026-03-03T10:00:00", "2026-03-03T24:00:00Z", "2026-03-03T10:00:00+10:60", "2026-W10"),
        *("2016-12-30T23:59:60Z", "2016-12-31T23:59:60-08:00", "2026-03-03T10:00:00+25:00", "now", ""),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        the_time(text)


@pytest.mark.parametrize(
    ("written", "said", "precision"),
    [
        ("2026-03-03T10:00:30-08:00", "minute", "minute"),
        ("2026-03-03T10:00-08:00", "second", "second"),
        ("2026-03-03T10:00-08:00", "day", "day"),
        ("2026-03-03", "day", "day"),
        ("2026-03-03", "month", "month"),
        ("2026-03", "year", "year"),
        ("2026", "unknown", "unknown"),
        ("2026-03-03T10:00-08:00", "unknown", "unknown"),
    ],
)
def test_what_is_said_makes_it_less_exact_and_is_kept_for_every_event(
    written: str, said: str, precision: str
) -> None:
    assert told(a_baseline, occurred_at=the_time(written), precision=said).precision == precision
    assert told(a_consent(written), precision=said).precision == precision


@pytest.mark.parametrize(
    ("written", "said"), [("2026-03-03", "minute"), ("2026-03", "day"), ("2026", "month")]
)
def test_and_never_more_exact(written: str, said: str) -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    beside = {"occurred_at": the_time(written), "precision": said}
    for draft, more in ((a_baseline, beside), (a_consent(written), {"precision": said})):
        assert refused(batch, command(draft, EPISODE, said=more)) == (
            "precision-without-a-time",
            "/precision",
        )


@pytest.mark.parametrize(
    ("text", "precision"), [("2026-03-03", "day"), ("2026-03", "month"), ("2026", "year")]
)
def test_a_session_may_be_known_by_its_month_or_year_alone(text: str, precision: str) -> None:
    session = replace(
        a_session(march(3, 10)), start=None, end=None, date_of_service=DAY.validate_python(text)
    )
    header = told(session)
    assert (header.precision, header.occurred_at.isoformat()[: len(text)]) == (precision, text)


def test_the_time_beside_a_fact_may_be_the_more_exact_one_if_that_is_said() -> None:
    session = replace(a_session(march(3, 10)), start=None, end=None)
    header = told(session, occurred_at=march(3, 10), precision="minute")
    assert (header.occurred_at, header.precision) == (march(3, 10), "minute")
    assert told(session, occurred_at=march(3, 10)).precision == "day"


def test_an_unknown_time_is_at_the_latest_what_is_told_and_never_later_than_now() -> None:
    assert known(told(a_baseline, precision="unknown")) == (NOW.isoformat(), "unknown")
    header = told(a_baseline, occurred_at=the_time("2026-02"), precision="unknown")
    assert known(header) == ("2026-02-28T23:59:59.999999-08:00", "unknown")
    header = told(a_baseline, occurred_at=the_time(str(NOW.year)), precision="unknown")
    assert (header.occurred_at, header.origin) == (NOW, "late")


def test_an_import_says_when_or_that_it_is_not_known() -> None:
    batch = a_batch(told_of(an_episode_of(OPENED)))
    asked = command(a_baseline, EPISODE, said={"origin": "imported"})
    assert refused(batch, asked) == ("import-without-a-time", "/occurred_at")
    assert told(a_baseline, origin="imported", precision="unknown").precision == "unknown"
    assert told(a_baseline, origin="imported", occurred_at=the_time("2009")).precision == "year"
    assert told(a_consent("2009-07"), origin="imported").precision == "month"


@pytest.mark.parametrize(
    ("said", "at", "precision"),
    [
        ({"happened_at": "2026-03"}, "2026-03-01T00:00:00-08:00", "month"),
        ({"happened_at": "2026-03-02", "happened_precision": "year"}, "2026-01-01T00:00:00-08:00", "year"),
        ({"happened_precision": "unknown"}, None, "unknown"),
        ({}, BASELINE.when.at.isoformat(), BASELINE.when.precision),
    ],
)
def test_a_correction_says_it_as_exactly_as_it_is_known(
    said: dict[str, Any], at: str | None, precision: str
) -> None:
    if "happened_at" in said:
        said = {**said, "happened_at": the_time(said["happened_at"])}
    batch = a_batch(told_of(an_episode_of(OPENED, BASELINE)))
    wrong = EntryCorrected(
        of="assessed.1", reason="misread", reason_code="wrong_time", replacement=a_baseline, **said
    )
    answered(batch, command(wrong, EPISODE, about=BASELINE.id))
    stored = decode(batch.write_set.events[0], {KEY.id: KEY}).fact
    recorded_at = an_episode_of(OPENED, BASELINE).entries[-1].metadata.recorded_at
    assert stored.happened_at == (recorded_at if at is None else datetime.fromisoformat(at))
    assert stored.happened_precision == precision


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_earlier_releases_cannot_read_waits_for_the_end_of_the_deployment(precision: str) -> None:
    known = told_of(an_episode_of(OPENED))
    known.understood = Understood(less_exactly=False)
    asked = command(a_baseline, EPISODE, said={"occurred_at": march(2, 10), "precision": precision})
    batch = a_batch(known)
    refused_yet = isinstance(outcome(batch, asked), EarlierReleasesRun)
    assert refused_yet is (precision in ("year", "unknown"))
    assert bool(batch.write_set.events) is not refused_yet


@pytest.mark.parametrize("all_replaced", [False, True])
def test_what_the_directory_says_is_sealed_once_no_earlier_release_runs(all_replaced: bool) -> None:
    known = told_of(an_episode_of(OPENED))
    known.rows["clients", NETWORK, CLIENT] = {"born": "2012-03-04"}
    known.understood = Understood(known_sealed=all_replaced)
    batch = a_batch(known)
    answered(batch, command(a_consent("2026-03-03"), EPISODE))
    stored = decode(batch.write_set.events[0], {KEY.id: KEY}).fact
    assert stored.age == (13 if all_replaced else None)


def test_an_opening_of_unknown_time_came_before_all_else() -> None:
    batch = a_batch(told_of(key=None))
    answered(batch, command(an_episode, said={"origin": "imported", "precision": "unknown"}))
    opened = next(iter(batch.read_set.episodes.values())).episode
    for number, (at, draft) in enumerate([(march(1), a_baseline), ("1990", a_baseline)]):
        said = {"occurred_at": the_time(at) if isinstance(at, str) else at}
        answer = answered(batch, command(draft, opened.id, id=UUID(int=700 + number), said=said))
        assert b'"warnings":[]' in answer.body
