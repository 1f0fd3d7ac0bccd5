"""Red flags raised by hand."""

from dataclasses import replace
from uuid import UUID

from episodes.domain.checking import care_is_held
from tests.episodes.care import BASELINE, FLAGGED, READY, a_flag
from tests.episodes.scenario import given, march, moment


def test_a_flag_is_recorded_and_may_name_its_source() -> None:
    sourced = replace(a_flag(), source="assessment", source_event=BASELINE.id)
    given(*READY).when(sourced).then(sourced)


def test_a_source_that_is_not_there_is_refused() -> None:
    sourced = replace(a_flag(), source_event=UUID(int=999))
    given(*READY).when(sourced).then_refused("unknown-event", "/source_event")


def test_care_is_held_from_the_flag_on_and_not_before() -> None:
    episode = given(*READY, FLAGGED).episode
    held = [care_is_held(episode, moment(march(2, hour))) for hour in (11, 12, 13)]
    assert held == [False, True, True]


def test_care_is_held_as_long_as_one_of_two_flags_holds_it() -> None:
    harmless = replace(FLAGGED, fact=a_flag(holds_care=False))
    assert care_is_held(given(*READY, FLAGGED, harmless).episode, moment(march(3)))
