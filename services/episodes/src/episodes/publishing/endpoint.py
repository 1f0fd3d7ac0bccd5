"""The feed: the published events of the caller's network, as CloudEvents, with long-poll."""

import time

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.codec import to_batch
from episodes.event_log.reader import Log, Placed, Wake
from episodes.http.openapi import describing
from episodes.http.requests import (
    Surroundings,
    at_hand,
    permitted,
    position,
    position_text,
    refuse_unknown_parameters,
    whole_number,
)
from episodes.publishing.mapping import published, published_name
from episodes.visibility import recorded_by

MAX_EVENTS, MAX_WAIT = 1_000, 30
MAX_SCAN = 1.0
"""Seconds past its time a request reads on over other networks' events; its `next` goes on from there."""


def router(wake: Wake) -> APIRouter:
    async def read_feed(request: Request) -> Response:
        """Events after a position, oldest first. `next` moves on even when a page holds none of yours; with
        `wait` an empty answer is held back for that many seconds."""
        caller = permitted(request, "feed", "read")
        refuse_unknown_parameters(request, "after", "limit", "wait")
        place = position(request)
        most = whole_number(request, "limit", 100, 1, MAX_EVENTS) or 100
        wait = whole_number(request, "wait", 0, 0, MAX_WAIT) or 0
        deadline = time.monotonic() + wait
        while True:
            before, news = place, wake.news()
            place, events = await at_hand(request, Log).page(
                caller.network, place, most, lambda name: published_name(name) is not None
            )
            events = [placed for placed in events if recorded_by(caller, placed.entry)]
            left = deadline - time.monotonic()
            if events or left <= -MAX_SCAN or (left <= 0 and place == before):
                return _page(events, place, at_hand(request, Surroundings).public_url)
            if place == before:
                await wake.wait(news, left)

    routes = APIRouter(tags=["feed"])
    routes.add_api_route(
        "/v1/feed",
        read_feed,
        methods=["GET"],
        openapi_extra=describing("/v1/feed", query=("after", "limit", "wait"), answers=200),
    )
    return routes


def _page(events: list[Placed], reached: int, public_url: str) -> Response:
    messages = [message for placed in events if (message := published(placed.entry, public_url))]
    content = f'{{"events":{to_batch(messages)},"next":"{position_text(reached)}"}}'
    return Response(content, media_type="application/json")
