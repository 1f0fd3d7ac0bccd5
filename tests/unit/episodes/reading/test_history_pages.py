"""A walk over the pages of a history shows what the whole shows, of whichever part is opened."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.access import Caller
from episodes.event_log.stored_form import Damaged
from episodes.reading.documents import Document
from episodes.reading.history import Histories, HistoryQuery
from tests.support.episodes.batches import SERVICE, seen_as
from tests.support.episodes.outlines import Entries, outlined, selected
from tests.support.episodes.random_histories import histories
from tests.support.episodes.scenario import NOW

ABOUT_OTHERS = ("entry-", "amendment-", "sessions-rejudged.")


def asked(caller: Caller, entries: Entries, **query: Any) -> tuple[Document, int, int]:
    """The document, the version that its reader knows of, and how many events were opened."""
    answering = Histories(HistoryQuery(**query), caller, NOW)
    seen = outlined(entries)
    opened = selected(entries, answering.part(seen))
    return *answering.shown(seen, opened), len(opened)


def walked(caller: Caller, entries: Entries, limit: int) -> Iterator[Document]:
    more: dict[str, Any] = {}
    while True:
        page, _, _ = asked(caller, entries, limit=limit, **more)
        yield page
        if "next" not in page:
            return
        more = {"cursor": page["next"]}


def readers(entries: Entries) -> list[Caller]:
    """All staff, whoever has the episode now, and whoever has or had it."""
    clinics = {entry.metadata.clinic for entry in entries}
    return [SERVICE, *(seen_as("auditor", clinic) for clinic in clinics)]


@given(histories, st.integers(1, 7))
def test_the_pages_hold_the_events_of_the_whole_as_it_shows_them(story: Any, limit: int) -> None:
    for caller in readers(story.events):
        whole, known, _ = asked(caller, story.events)
        pages = list(walked(caller, story.events, limit))
        assert [event for page in pages for event in page["events"]] == whole["events"]
        assert all(len(page["events"]) == limit for page in pages[:-1])
        assert pages[-1]["events"]
        assert asked(caller, story.events, limit=limit)[1] == known


@given(histories, st.integers(0, 20))
def test_without_a_limit_all_that_follow_are_shown(story: Any, after: int) -> None:
    more = {"cursor": f"h{after}"} if after else {}
    for caller in readers(story.events):
        whole, _, _ = asked(caller, story.events)
        rest, _, _ = asked(caller, story.events, **more)
        assert rest == {"events": [one for one in whole["events"] if one["version"] > after]}


@given(histories)
def test_of_a_page_only_its_events_are_opened_and_what_is_said_about_them(story: Any) -> None:
    clinic = story.events[-1].metadata.clinic
    _, _, opened = asked(seen_as("auditor", clinic), story.events, limit=1)
    about = [one for one in story.events[1:] if one.metadata.type.startswith(ABOUT_OTHERS)]
    assert opened == 1 + len(about)


@given(histories.filter(lambda story: len(story.events) > 2), st.integers(2, 5))
def test_a_page_with_a_gap_is_damage(story: Any, limit: int) -> None:
    events = story.events
    answering, seen = Histories(HistoryQuery(limit=limit), SERVICE, NOW), outlined(events)
    opened = selected([events[0], *events[2:]], answering.part(seen))
    with pytest.raises(Damaged):
        answering.shown(seen, opened)
