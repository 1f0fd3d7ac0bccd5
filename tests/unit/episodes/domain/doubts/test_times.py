"""Times that contradict each other are recorded as told, and the answer warns of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.care.responses import Covers, ResponseNoted
from episodes.domain.vocabulary import BY_FACT
from tests.support.episodes.care_facts import (
    BASELINE,
    OPENED,
    a_baseline,
    a_clearance,
    a_consent,
    a_flag,
    a_plan,
    a_session,
)
from tests.support.episodes.doubting import warned_of
from tests.support.episodes.scenario import THERAPIST, march, past

DURATION = ("contradicting-times", "/duration")


@pytest.mark.parametrize(
    ("minutes", "differs"),
    [(15, True), (58, True), (59, False), (60, False), (61, False), (62, True), (None, False)],
)
def test_a_duration_may_differ_from_the_times_by_a_minute(minutes: int | None, differs: bool) -> None:
    assert warned_of(a_session(march(2, 10), duration=minutes)) == ([DURATION] if differs else [])


@pytest.mark.parametrize("missing", ["start", "end"])
def test_a_duration_beside_one_time_contradicts_nothing(missing: Any) -> None:
    assert not warned_of(replace(a_session(march(2, 10), duration=15), **dict[str, Any]({missing: None})))


def test_a_correction_is_looked_at_like_the_entry_itself() -> None:
    told = past(a_session(march(2, 10)), march(2, 10))
    wrong = EntryCorrected(
        of="session-delivered.1",
        reason="misread",
        reason_code="wrong_time",
        replacement=a_session(march(2, 10), duration=15),
        performed_by=THERAPIST,
    )
    assert warned_of(wrong, after=[OPENED, told], about=told.id) == [
        ("contradicting-times", "/replacement/duration")
    ]


def test_of_an_addition_only_what_is_added_is_doubted() -> None:
    told = past(a_session(march(2, 10), duration=None), march(2, 10))
    adding = EntryAddedTo(of="session-delivered.1", added={"duration": 15})
    assert warned_of(adding, after=[OPENED, told], about=told.id) == [
        ("contradicting-times", "/added/duration")
    ]
    doubtful = past(a_session(march(2, 10), duration=15), march(2, 10))
    more = EntryAddedTo(of="session-delivered.1", added={"position": "prone"})
    assert not warned_of(more, after=[OPENED, doubtful], about=doubtful.id)


def test_a_session_that_ends_more_than_a_day_after_its_start_is_marked() -> None:
    session = a_session(march(2, 10), end=march(2, 10) + timedelta(days=1, minutes=1), duration=None)
    assert warned_of(session) == [("contradicting-times", "/end")]


SESSION = past(a_session(march(2, 10)), march(2, 10))


@pytest.mark.parametrize(
    ("said", "at", "marked"),
    [
        ({"hours_after": 24}, march(3, 10), None),
        ({"hours_after": 24}, march(3, 21), None),
        ({"hours_after": 24}, march(3, 23), "/hours_after"),
        ({"hours_after": 2}, march(8, 12), "/hours_after"),
        ({"hours_after": 72}, march(5, 22), None),
        ({}, march(1, 10), "/session"),
        ({}, march(2, 10), None),
        ({"covers": Covers(first=date(2026, 3, 3), last=date(2026, 3, 5))}, march(5, 10), None),
        ({"covers": Covers(first=date(2026, 2, 25), last=date(2026, 3, 1))}, march(5, 10), "/covers/last"),
        ({"covers": Covers(first=date(2026, 3, 6), last=date(2026, 3, 7))}, march(5, 10), "/covers/first"),
    ],
)
def test_a_response_is_compared_with_its_session(said: Any, at: datetime, marked: str | None) -> None:
    response = ResponseNoted(session=SESSION.id, note="sore", **said)
    opened = past(OPENED.fact, march(1))
    expected = [("contradicting-times", marked)] if marked else []
    assert warned_of(response, after=[opened, SESSION], occurred_at=at) == expected


def test_of_a_month_no_hours_after_are_doubted() -> None:
    response = ResponseNoted(session=SESSION.id, hours_after=24)
    assert warned_of(response, after=[OPENED, SESSION], occurred_at=march(9), precision="month") == []


@pytest.mark.parametrize("draft", [a_baseline, a_session(march(1, 10)), a_flag(), a_consent(march(1, 10))])
def test_what_happened_before_the_opening_is_marked(draft: Any) -> None:
    step = BY_FACT[type(draft)]
    at = None if step.own_time else march(1, 10)
    assert warned_of(draft, occurred_at=at) == [("contradicting-times", step.time_at)]


def test_but_a_clearance_that_the_client_brings_along_is_not() -> None:
    assert warned_of(a_clearance, occurred_at=march(1, 10)) == []


def test_what_points_at_a_later_entry_is_marked() -> None:
    later = past(a_baseline, march(5))
    plan = replace(a_plan, based_on=(BASELINE.id, later.id))
    warned = warned_of(plan, after=[OPENED, BASELINE, later], occurred_at=march(3))
    assert warned == [("contradicting-times", "/based_on/1")]
