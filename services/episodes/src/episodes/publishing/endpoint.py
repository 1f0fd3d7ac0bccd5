"""The feed: the published events of the caller's network, as CloudEvents, with long-poll."""

import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from fastapi import Query as InQuery
from starlette.responses import Response

from episodes.access import Caller
from episodes.event_log.compatibility import AllHave
from episodes.event_log.reader import Wake
from episodes.http.dependencies import allowed, here
from episodes.http.metrics import POLLS_WAITING
from episodes.http.openapi import GONE
from episodes.publishing.another_log import Restores
from episodes.publishing.feed import MAX_EVENTS, FeedPage, FeedQuery
from episodes.publishing.feed_positions import BEGINNING, FeedPosition, FeedPositions
from episodes.publishing.shared_pages import FeedRow, SharedPages

MAX_SCAN = 1.0
"""Seconds past its time a request reads on over other networks' events; its `next` goes on from there."""
LEAST_ROWS = 100
"""How many rows are read at a time at least, however few are asked for."""

router = APIRouter(tags=["feed"])


@router.get("/v1/feed", response_model=FeedPage, responses=GONE)
async def read_feed(
    pages: Annotated[SharedPages, here(SharedPages)],
    wake: Annotated[Wake, here(Wake)],
    positions: Annotated[FeedPositions, here(FeedPositions)],
    restores: Annotated[Restores, here(Restores)],
    may_seal: Annotated[AllHave, here(AllHave)],
    who: Annotated[Caller, allowed("feed", "read", FeedQuery)],
    query: Annotated[FeedQuery, InQuery()],
) -> Response:
    """Events after a position, oldest first. `next` moves on even when a page holds none of yours; with
    `wait` an empty answer is held back for that many seconds."""
    reached = BEGINNING if query.after is None else positions.read(who.network, query.after)
    most = max(query.limit, LEAST_ROWS)
    deadline = time.monotonic() + query.wait
    while True:
        news = wake.news()
        page = await pages.page(who.network, reached.place, most)
        await restores.refuse_another(reached, page.ground)
        rows = page.rows
        at_end = len(rows) < most
        reached, events = _first_page(rows, reached, query.limit, at_end, who)
        left = deadline - time.monotonic()
        if events or left <= -MAX_SCAN or (left <= 0 and at_end):
            await pages.turn()
            return _answer(events, positions.text(who.network, reached, sealed=await may_seal()))
        if at_end:
            with POLLS_WAITING.track_inprogress():
                await wake.wait(news, left)
        most = LEAST_ROWS if at_end else MAX_EVENTS  # at the end few are new, before it many are skipped


def _first_page(
    rows: Sequence[FeedRow], after: FeedPosition, limit: int, at_end: bool, who: Caller
) -> tuple[FeedPosition, Sequence[FeedRow]]:
    """The first `limit` rows at a stretch with an event for the caller: the position reached, and the events.

    Pages are counted by rows, so that the same position and limit always give the same page.
    """
    reached = after
    for start in range(0, len(rows), limit):
        page = rows[start : start + limit]
        if len(page) < limit and not at_end:
            break  # its other rows are not read yet
        events = [row for row in page if row.shown_to(who)]
        reached = page[-1].position
        if events:
            return reached, events
    return reached, ()


def _answer(events: Sequence[FeedRow], reached: str) -> Response:
    """Written as text, because a page may hold a thousand events."""
    texts = ",".join(row.text for row in events)
    content = f'{{"events":[{texts}],"next":"{reached}"}}'
    return Response(content, media_type="application/json")
