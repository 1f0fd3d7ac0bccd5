"""Days that look like another day than was meant are recorded as told, and the answer warns of them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter

from episodes.domain.care.amendments import EntryCorrected
from episodes.http.moments import TIME_AS_KNOWN
from tests.support.episodes.batches import a_batch, an_episode_of, answered, command, told_of
from tests.support.episodes.care_facts import BASELINE, OPENED, a_baseline, a_consent, a_session
from tests.support.episodes.doubting import warned_of
from tests.support.episodes.scenario import CLINIC, EPISODE, NETWORK, march

ELSEWHERE = datetime(2026, 3, 3, tzinfo=UTC)
"""A midnight of Greenwich, on 2 March in the clinic."""


@pytest.mark.parametrize("precision", ["day", "month", "year"])
def test_a_midnight_that_is_not_the_clinics_is_marked(precision: str) -> None:
    warned = warned_of(a_baseline, occurred_at=ELSEWHERE, precision=precision)
    assert ("midnight-elsewhere", "/occurred_at") in warned


@pytest.mark.parametrize(
    ("at", "precision"),
    [(ELSEWHERE, "second"), (march(3), "day"), (march(3, 9), "day"), (ELSEWHERE.replace(hour=7), "day")],
)
def test_an_exact_time_the_clinics_own_midnight_and_another_hour_are_not(
    at: datetime, precision: str
) -> None:
    assert warned_of(a_baseline, occurred_at=at, precision=precision) == []


def test_the_time_a_consent_states_and_that_of_a_correction_are_looked_at_alike() -> None:
    assert warned_of(a_consent(ELSEWHERE), precision="day") == [("midnight-elsewhere", "/signed_at")]
    wrong = EntryCorrected(
        of="assessed.1",
        reason="misread",
        reason_code="wrong_time",
        replacement=a_baseline,
        happened_at=ELSEWHERE,
        happened_precision="day",
    )
    assert warned_of(wrong, after=[OPENED, BASELINE], about=BASELINE.id) == [
        ("midnight-elsewhere", "/happened_at")
    ]


@pytest.mark.parametrize(("day", "was"), [("2011-12-29", True), ("2011-12-30", False), ("2011-12-31", True)])
def test_a_day_that_its_zone_never_had_is_marked(day: str, was: bool) -> None:
    """Samoa went over the date line and left out 30 December 2011."""
    known = told_of(an_episode_of(OPENED))
    known.rows["clinics", NETWORK, CLINIC] = {"zone": "Pacific/Apia"}
    session = replace(a_session(march(2, 10)), start=None, end=None, date_of_service=date.fromisoformat(day))
    told = answered(a_batch(known), command(session, EPISODE))
    assert (b'"rule":"day-that-never-was","pointer":"/date_of_service"' in told.body) is not was
    written = TypeAdapter(TIME_AS_KNOWN).validate_python(day)
    known.receipts.clear()
    told = answered(a_batch(known), command(a_baseline, EPISODE, said={"occurred_at": written}))
    assert (b'"rule":"day-that-never-was","pointer":"/occurred_at"' in told.body) is not was
