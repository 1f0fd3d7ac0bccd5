"""A page has as many of the caller's events as asked for, and what it tells shows nothing of others' rows."""

import random
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from episodes.access import Caller
from episodes.domain.event import Actor
from episodes.publishing.feed_filling import LEAST_ROWS, STRETCH, Filling
from episodes.publishing.feed_positions import BEGINNING, FeedPosition

WHO = Caller(actor=Actor(id=UUID(int=1), role="service"), network="demo", clinics=None)


class Row:
    """A row at a place of the log, of the caller or of others."""

    def __init__(self, place: int, *, ours: bool) -> None:
        self.position = FeedPosition.of(place, uuid4())
        self.ours = ours

    def shown_to(self, _: Caller) -> bool:
        return self.ours


def log_of(*ours: int, rows: int) -> list[Any]:
    return [Row(place, ours=place in ours) for place in range(1, rows + 1)]


def page(log: list[Any], after: FeedPosition, limit: int, at_once: int | None = None) -> Filling:
    """A page as the endpoint fills it, from so many rows at once, or as many as it wants."""
    filling = Filling(WHO, limit, after)
    while not filling.is_enough:
        most = at_once or filling.wants
        rows = [row for row in log if row.position.place > filling.read_to.place][:most]
        filling.take(rows, last=len(rows) < most)
        if filling.at_end:
            break
    return filling


def walked(log: list[Any], limit: int, at_once: int | None = None) -> list[Filling]:
    pages = [page(log, BEGINNING, limit, at_once)]
    while not pages[-1].at_end:
        pages.append(page(log, pages[-1].told, limit, at_once))
    return pages


def places(filling: Filling) -> list[int]:
    return [row.position.place for row in cast("list[Any]", filling.events)]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("limit", [1, 2, 7, 100, 1_000])
def test_a_walk_gives_each_event_once_in_full_pages_and_says_where_it_ends(seed: int, limit: int) -> None:
    draw = random.Random(seed)
    rows = draw.randint(0, 900)
    ours = sorted(draw.sample(range(1, rows + 1), draw.randint(0, rows)))
    pages = walked(log_of(*ours, rows=rows), limit)
    assert [place for one in pages for place in places(one)] == ours
    assert all(len(one.events) == limit for one in pages[:-1])
    assert [one.at_end for one in pages] == [False] * (len(pages) - 1) + [True]
    assert len(pages) == max(1, -(-len(ours) // limit)), "a full page knows when nothing is left"


@pytest.mark.parametrize("limit", [1, 3, 10, 1_000])
def test_the_position_told_is_of_the_callers_own_event_whatever_the_limit(limit: int) -> None:
    ours = (3, 4, 60, 400, 401, 402, 990)
    told = {one.told.place for one in walked(log_of(*ours, rows=999), limit)}
    assert told <= set(ours)
    assert page(log_of(rows=999), BEGINNING, limit).told == BEGINNING


@pytest.mark.parametrize("at_once", [1, 7, LEAST_ROWS, STRETCH])
def test_past_rows_of_others_a_position_moves_a_stretch_at_a_time_however_many_are_read(at_once: int) -> None:
    log = log_of(5, 3_500, rows=4_200)
    assert page(log, BEGINNING, 1, at_once).told.place == 5
    walk = walked(log, 10, at_once)
    assert {one.told.place for one in walk} <= {5 + STRETCH, 5, 3_500}
    assert [place for one in walk for place in places(one)] == [5, 3_500]


def test_a_page_with_events_looks_no_further_than_a_stretch() -> None:
    assert places(page(log_of(1, 5_000, rows=6_000), BEGINNING, 2)) == [1]


def test_what_is_read_next_follows_from_what_was_found() -> None:
    filling = Filling(WHO, 200, BEGINNING)
    assert filling.wants == 200
    filling.take(log_of(*range(1, 51), rows=100), last=False)
    assert filling.wants == 300
    filling = Filling(WHO, 200, BEGINNING)
    filling.take(log_of(rows=200), last=False)
    assert filling.wants == STRETCH
    filling.take(log_of(rows=1), last=True)
    assert filling.wants == LEAST_ROWS
