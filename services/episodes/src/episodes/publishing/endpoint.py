"""The feed: the published events of the caller's network, as CloudEvents, with long-poll."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as InQuery
from starlette.responses import Response

from contracts.codec import to_batch
from episodes.access import Caller
from episodes.domain.event import RecordedEvent
from episodes.event_log.reader import Log, Wake
from episodes.http.dependencies import allowed, here
from episodes.http.requests import Surroundings
from episodes.publishing.feed import FeedPage, FeedQuery
from episodes.publishing.feed_positions import BEGINNING, FeedPosition, FeedPositions
from episodes.publishing.mapping import published, published_name
from episodes.visibility import recorded_by

MAX_SCAN = 1.0
"""Seconds past its time a request reads on over other networks' events; its `next` goes on from there."""

router = APIRouter(tags=["feed"])


@router.get("/v1/feed", response_model=FeedPage)
async def read_feed(
    log: Annotated[Log, here(Log)],
    wake: Annotated[Wake, here(Wake)],
    positions: Annotated[FeedPositions, here(FeedPositions)],
    surroundings: Annotated[Surroundings, here(Surroundings)],
    who: Annotated[Caller, allowed("feed", "read", FeedQuery)],
    query: Annotated[FeedQuery, InQuery()],
) -> Response:
    """Events after a position, oldest first. `next` moves on even when a page holds none of yours; with
    `wait` an empty answer is held back for that many seconds."""
    position = BEGINNING if query.after is None else positions.read(who.network, query.after)
    deadline = time.monotonic() + query.wait
    while True:
        before, news = position, wake.news()
        page = await log.page(who.network, position.place, query.limit, _is_published)
        if page.last is not None:
            position = FeedPosition(page.reached, page.last.bytes[:8])
        events = [entry for entry in page.entries if recorded_by(who, entry)]
        left = deadline - time.monotonic()
        if events or left <= -MAX_SCAN or (left <= 0 and position == before):
            return _page(events, positions.text(who.network, position), surroundings.public_url)
        if position == before:
            await wake.wait(news, left)


def _is_published(name: str) -> bool:
    return published_name(name) is not None


def _page(events: Sequence[RecordedEvent[Any]], reached: str, public_url: str) -> Response:
    """Written as text, because a page may hold a thousand events."""
    messages = [message for entry in events if (message := published(entry, public_url))]
    content = f'{{"events":{to_batch(messages)},"next":"{reached}"}}'
    return Response(content, media_type="application/json")
