"""The list of episodes: filters, pages, and reading after one's own write."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from episodes.access import Caller
from episodes.domain.status import STATUSES
from episodes.episode_list.line import ListQuery
from episodes.episode_list.postgres import Lists
from episodes.episode_list.query import ANSWER, MOST, PARAMETERS, USUAL
from episodes.errors import Behind, StoreUnavailable
from episodes.event_log.keyring import Keyring
from episodes.event_log.reader import Log
from episodes.http.metrics import LIST_LAG
from episodes.http.openapi import describing
from episodes.http.problems import Malformed
from episodes.http.requests import (
    at_hand,
    now,
    permitted,
    refuse_unknown_parameters,
    system_and_value,
    uuid_of,
    whole_number,
)

PATH = "/v1/episodes"
_CURSOR = re.compile(r"e([0-9a-f]{32})")
_AFTER_WRITE = re.compile(r"([0-9a-fA-F-]{36}):([1-9][0-9]{0,8})")


def router() -> APIRouter:
    routes = APIRouter(tags=["episodes"])
    extra = describing(PATH, parameters=PARAMETERS, answers=200, answer=ANSWER)
    routes.add_api_route(PATH, list_episodes, methods=["GET"], openapi_extra=extra)
    return routes


async def list_episodes(request: Request) -> Response:
    """The episodes of your network and clinics, newest first. A walk over the pages meets each once, whatever
    is written meanwhile. With `after_write` the answer holds that write, or is 503 after two seconds."""
    caller = permitted(request, "episodes", "list")
    refuse_unknown_parameters(request, *(parameter["name"] for parameter in PARAMETERS))
    most = whole_number(request, "limit", USUAL, 1, MOST) or USUAL
    wanted = _wanted(request, caller)
    await _after_write(request, caller)
    found = await at_hand(request, Lists).page(caller, wanted, most + 1)
    page = {"episodes": [_shown(row) for row in found[:most]]}
    more = {"next": f"e{found[most - 1]['id'].hex}"} if len(found) > most else {}
    return Response(to_json(page | more), media_type="application/json")


async def observe_lag(request: Request) -> None:
    """How long the oldest event not listed yet has waited, whoever leads or none does."""
    try:
        recorded = await at_hand(request, Log).next_recorded_at(await at_hand(request, Lists).position())
    except StoreUnavailable:
        LIST_LAG.set(float("nan"))
    else:
        LIST_LAG.set(0 if recorded is None else max(0.0, (now(request) - recorded).total_seconds()))


def _wanted(request: Request, caller: Caller) -> ListQuery:
    reference = system_and_value(request, "source_ref")
    return ListQuery(
        client=_id(request, "client"),
        status=_status(request),
        clinic=_id(request, "clinic"),
        therapist=_id(request, "therapist"),
        reference=reference and at_hand(request, Keyring).reference(caller.network, *reference),
        before=_cursor(request),
    )


def _id(request: Request, name: str) -> UUID | None:
    text = request.query_params.get(name)
    return None if text is None else uuid_of(text, f"/query/{name}")


def _status(request: Request) -> str | None:
    status = request.query_params.get("status")
    if status is not None and status not in STATUSES:
        raise Malformed("/query/status", "one of " + ", ".join(STATUSES))
    return status


def _cursor(request: Request) -> UUID | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise Malformed("/query/cursor", "a cursor this service gave")
    return UUID(match[1])


async def _after_write(request: Request, caller: Caller) -> None:
    text = request.query_params.get("after_write")
    if text is None:
        return
    match = _AFTER_WRITE.fullmatch(text)
    if match is None:
        raise Malformed("/query/after_write", "episode:version")
    episode = uuid_of(match[1], "/query/after_write")
    if not await at_hand(request, Lists).reached(caller, episode, int(match[2])):
        raise Behind


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is there; times in UTC, whatever zone the database is set to."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }
