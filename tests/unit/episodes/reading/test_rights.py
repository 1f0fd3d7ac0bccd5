"""Whoever has a right by all that is recorded may have one by the headers alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.access import Caller
from episodes.domain.event import RecordedEvent, Redacted
from episodes.errors import NotThere
from episodes.event_log.folding import fold
from episodes.visibility import may_have_right, viewer
from tests.support.episodes.batches import SERVICE, seen_as
from tests.support.episodes.outlines import outlined
from tests.support.episodes.random_histories import OTHER_PARTNER, histories
from tests.support.episodes.scenario import CLINIC, OTHER_CLINIC, PARTNER

FAR = UUID(int=77)
STAFF = [SERVICE, *(seen_as("auditor", *clinics) for clinics in [
    (), (CLINIC,), (OTHER_CLINIC,), (FAR,), (CLINIC, OTHER_CLINIC), (FAR, OTHER_CLINIC),
])]  # fmt: skip
PARTNERS = [seen_as("partner", organisation=one) for one in (PARTNER, OTHER_PARTNER, FAR)]


def sees(caller: Caller, entries: list[RecordedEvent[Any]], later: timedelta = timedelta(0)) -> bool:
    try:
        viewer(fold(entries), entries, caller, entries[-1].metadata.recorded_at + later)
    except NotThere:
        return False
    return True


def known_to(partner: UUID | None, entries: list[RecordedEvent[Any]]) -> bool:
    """Whether the store has an id of the client for the partner, as is written with the first such event."""
    return any(
        hasattr(entry.fact, "subject") and entry.fact.partner == partner
        for entry in entries
        if not isinstance(entry.fact, Redacted)
    )


@given(histories, st.data())
def test_of_staff_the_headers_say_the_same_as_all_that_is_recorded(story: Any, data: st.DataObject) -> None:
    entries = story.events[: data.draw(st.integers(1, len(story.events)))]
    for caller in STAFF:
        assert may_have_right(caller, outlined(entries)) == sees(caller, entries)


@given(histories)
def test_of_staff_they_do_so_when_the_client_is_erased(story: Any) -> None:
    entries = [RecordedEvent(entry.metadata, Redacted()) for entry in story.events]
    for caller in STAFF:
        assert may_have_right(caller, outlined(entries)) == sees(caller, entries)


@given(histories, st.data())
def test_the_headers_that_are_read_name_every_clinic_that_any_header_names(
    story: Any, data: st.DataObject
) -> None:
    entries = story.events[: data.draw(st.integers(1, len(story.events)))]
    named = {entry.metadata.clinic for entry in entries}
    assert {header.clinic for header in outlined(entries).headers} == named


@given(histories, st.data(), st.sampled_from([-3, 0, 30]))
def test_no_partner_that_has_a_right_is_refused(story: Any, data: st.DataObject, days: int) -> None:
    entries = story.events[: data.draw(st.integers(1, len(story.events)))]
    for caller in PARTNERS:
        if sees(caller, entries, timedelta(days=days)):
            assert may_have_right(caller, outlined(entries, known_to(caller.partner, entries)))


@pytest.mark.parametrize("caller", PARTNERS)
@given(story=histories)
def test_a_partner_without_an_id_of_the_client_has_none(caller: Caller, story: Any) -> None:
    assert not may_have_right(caller, outlined(story.events, knows_client=False))


@pytest.mark.parametrize("caller", PARTNERS)
@given(story=histories)
def test_a_partner_that_knows_the_client_of_elsewhere_has_none_either(caller: Caller, story: Any) -> None:
    private = [one for one in story.events if not hasattr(one.fact, "subject")]
    assert not may_have_right(caller, outlined(private, knows_client=True))
