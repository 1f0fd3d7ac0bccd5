"""A session that was planned and did not take place."""

from uuid import UUID

from episodes.domain.care.sessions import SessionNotDelivered
from tests.support.episodes.care_facts import BASELINE, CHECKED, READY
from tests.support.episodes.scenario import given, march

MISSED = SessionNotDelivered(planned_start=march(3, 10), reason="no_show")


def test_a_missed_session_is_recorded() -> None:
    given(*READY).when(MISSED).then(MISSED)


def test_a_session_called_off_by_a_check_names_the_check() -> None:
    called_off = SessionNotDelivered(
        planned_start=march(3, 10), reason="contraindicated", check_id=CHECKED.id
    )
    given(*READY, CHECKED).when(called_off).then(called_off)


def test_a_check_that_is_not_there_is_refused() -> None:
    for strange in (UUID(int=999), BASELINE.id):
        called_off = SessionNotDelivered(
            planned_start=march(3, 10), reason="contraindicated", check_id=strange
        )
        given(*READY, CHECKED).when(called_off).then_refused("unknown-event", "/check_id")
