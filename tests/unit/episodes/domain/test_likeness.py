"""Entries that say the same are alike, and others are not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from episodes.domain.care.sessions import SessionNotDelivered
from episodes.domain.likeness import likeness
from episodes.domain.values import Coded, Reading, Site, Technique
from tests.support.episodes.care_facts import a_baseline, a_check

BACK = Site(code="lumbar_spine", list="body-sites/1", side="both")
SWEDISH = Technique(code="swedish", list="techniques/1", site=BACK)
PAIN = Reading(measure=Coded(code="pain", list="measures/1"), value=0)


def check(**said: Any) -> int:
    return likeness(replace(a_check, **said))


def reading(value: float) -> int:
    return likeness(replace(a_baseline, readings=(replace(PAIN, value=value),)))


def test_what_says_the_same_is_alike_in_whatever_offset_it_was_told() -> None:
    assert reading(4) == reading(4.0)
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    one, other = (likeness(SessionNotDelivered(planned_start=it, reason="no_show")) for it in (at, elsewhere))
    assert one == other


@pytest.mark.parametrize(("one", "other"), [(-1, -2), (0, 1), (-1.0, -2.0), (1, -1), (0.5, -0.5)])
def test_numbers_are_told_apart(one: float, other: float) -> None:
    assert reading(one) != reading(other)


def test_nothing_is_not_zero() -> None:
    assert check(techniques=(SWEDISH,)) != check(techniques=(replace(SWEDISH, minutes=0),))
