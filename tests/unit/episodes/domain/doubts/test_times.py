"""Times that contradict each other are recorded as told, and the answer warns of them."""

from dataclasses import replace
from typing import Any

import pytest

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from tests.support.episodes.care_facts import OPENED, a_session
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
