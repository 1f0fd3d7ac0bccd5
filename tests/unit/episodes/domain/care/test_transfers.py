"""Handing an episode over to another therapist or clinic."""

from datetime import date

import pytest

from episodes.domain.care.openings import Responsibility
from episodes.domain.care.transfers import Responsible, zone_then
from episodes.domain.time import When
from tests.support.episodes.care_facts import OPENED, READY, a_transfer
from tests.support.episodes.scenario import (
    CLINIC,
    COLLEAGUE,
    OTHER_CLINIC,
    THERAPIST,
    ZONE,
    given,
    march,
    moment,
    past,
)

HERE = Responsible(therapist=THERAPIST, clinic=CLINIC)


def responsible(*history: object, day: int) -> object:
    held = given(*history).episode.in_force(Responsibility, moment(march(day)))  # type: ignore[arg-type]
    return None if held is None else (held.fact.therapist, held.fact.clinic)


def test_a_transfer_says_from_whom() -> None:
    recorded = given(OPENED).when(a_transfer(clinic=OTHER_CLINIC), march(10)).then_recorded()
    assert recorded.former == HERE


def test_responsibility_passes_on_the_day_of_the_transfer() -> None:
    handed = past(a_transfer(), march(10))
    assert responsible(OPENED, handed, day=9) == (THERAPIST, CLINIC)
    assert responsible(OPENED, handed, day=11) == (COLLEAGUE, CLINIC)
    assert responsible(OPENED, handed, day=1) is None


def test_a_transfer_to_the_same_therapist_and_clinic_is_refused() -> None:
    given(OPENED).when(a_transfer(THERAPIST, CLINIC)).then_refused("transfer-changes-nothing", "/to")


def test_a_transfer_before_the_former_began_is_refused() -> None:
    given(OPENED).when(a_transfer(), march(1)).then_refused("ends-before-it-begins", "/occurred_at")


@pytest.mark.parametrize(
    ("day", "zone"), [(9, ZONE), (10, ZONE), (11, "Asia/Kathmandu"), (12, "Asia/Kathmandu")]
)
def test_a_day_before_a_transfer_is_one_of_the_clinic_that_had_the_episode_then(day: int, zone: str) -> None:
    handed_over = past(a_transfer(clinic=OTHER_CLINIC), march(10, 12))
    episode = given(*READY, handed_over).episode

    def told(zone: str) -> When:
        return When.day(date(2026, 3, day), zone)

    assert zone_then(episode, told, "Asia/Kathmandu") == zone


def test_without_a_time_or_a_transfer_it_is_the_clinic_that_has_it_now() -> None:
    assert zone_then(given(*READY).episode, lambda zone: When.day(date(2020, 1, 1), zone), "UTC") == "UTC"
    assert zone_then(given(*READY).episode, lambda _: None, "UTC") == "UTC"
