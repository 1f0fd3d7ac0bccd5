"""The feed: the published events of the caller's network, as CloudEvents, with long-poll."""

import time
from typing import Annotated

from fastapi import APIRouter
from fastapi import Query as InQuery
from starlette.responses import Response

from contracts.codec import to_batch
from episodes.access import Caller
from episodes.event_log.reader import Log, Placed, Wake
from episodes.http.dependencies import allowed, here
from episodes.http.requests import Surroundings
from episodes.publishing.feed import FeedPage, FeedQuery, position_text
from episodes.publishing.mapping import published, published_name
from episodes.visibility import recorded_by

MAX_SCAN = 1.0
"""Seconds past its time a request reads on over other networks' events; its `next` goes on from there."""

router = APIRouter(tags=["feed"])


@router.get("/v1/feed", response_model=FeedPage)
async def read_feed(
    log: Annotated[Log, here(Log)],
    wake: Annotated[Wake, here(Wake)],
    surroundings: Annotated[Surroundings, here(Surroundings)],
    who: Annotated[Caller, allowed("feed", "read", FeedQuery)],
    query: Annotated[FeedQuery, InQuery()],
) -> Response:
    """Events after a position, oldest first. `next` moves on even when a page holds none of yours; with
    `wait` an empty answer is held back for that many seconds."""
    place = query.after or 0
    deadline = time.monotonic() + query.wait
    while True:
        before, news = place, wake.news()
        place, events = await log.page(who.network, place, query.limit, _is_published)
        events = [placed for placed in events if recorded_by(who, placed.entry)]
        left = deadline - time.monotonic()
        if events or left <= -MAX_SCAN or (left <= 0 and place == before):
            return _page(events, place, surroundings.public_url)
        if place == before:
            await wake.wait(news, left)


def _is_published(name: str) -> bool:
    return published_name(name) is not None


def _page(events: list[Placed], reached: int, public_url: str) -> Response:
    """Written as text, because a page may hold a thousand events."""
    messages = [message for placed in events if (message := published(placed.entry, public_url))]
    content = f'{{"events":{to_batch(messages)},"next":"{position_text(reached)}"}}'
    return Response(content, media_type="application/json")
