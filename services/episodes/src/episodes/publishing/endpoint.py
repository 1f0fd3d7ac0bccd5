"""The feed: the published events of the caller's network, as CloudEvents, with long-poll."""

import time
from collections.abc import Iterable
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
from episodes.publishing.feed import FeedPage, FeedQuery
from episodes.publishing.feed_filling import Filling
from episodes.publishing.feed_positions import BEGINNING, FeedPositions
from episodes.publishing.shared_pages import FeedRow, SharedPages

MAX_SCAN = 1.0
"""Seconds past its time a request reads on over other networks' events; its `next` goes on from there."""

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
    """Events after a position, oldest first, and whether they are the last for now; with `wait` an empty
    answer is held back for that many seconds."""
    filling = Filling(
        who, query.limit, BEGINNING if query.after is None else positions.read(who.network, query.after)
    )
    deadline = time.monotonic() + query.wait
    while True:
        news, most = wake.news(), filling.wants
        page = await pages.page(who.network, filling.read_to.place, most)
        await restores.refuse_another(filling.read_to, page.ground)
        filling.take(page.rows, last=len(page.rows) < most)
        left = min(deadline, wake.ends_at) - time.monotonic()
        if filling.is_enough or left <= -MAX_SCAN or (left <= 0 and filling.at_end):
            await pages.turn()
            told = positions.text(who.network, filling.told, sealed=await may_seal())
            return _answer(filling.events, told, at_end=filling.at_end)
        if filling.at_end:
            with POLLS_WAITING.track_inprogress():
                await wake.wait(news, left)


def _answer(events: Iterable[FeedRow], told: str, *, at_end: bool) -> Response:
    """Written as text, because a page may hold a thousand events."""
    texts = ",".join(row.text for row in events)
    content = f'{{"events":[{texts}],"next":"{told}","at_end":{"true" if at_end else "false"}}}'
    return Response(content, media_type="application/json")
