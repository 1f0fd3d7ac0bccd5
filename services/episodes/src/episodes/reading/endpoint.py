"""Reading: an episode's state, its history, one event. What is not yours is not there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from episodes.access import Caller
from episodes.domain.event import RecordedEvent
from episodes.domain.time import When
from episodes.errors import NotThere
from episodes.event_log.folding import fold
from episodes.event_log.reader import Log
from episodes.http.openapi import describing
from episodes.http.problems import Malformed
from episodes.http.requests import (
    at_hand,
    moment,
    now,
    path_id,
    permitted,
    refuse_unknown_parameters,
    whole_number,
)
from episodes.reading import documents
from episodes.visibility import Viewer, viewer

STATE = "/v1/episodes/{episode}"
HISTORY = "/v1/episodes/{episode}/history"
EVENT = "/v1/episodes/{episode}/events/{event}"


def router() -> APIRouter:
    routes = APIRouter(tags=["episodes"])
    state_extra = describing(STATE, query=("version", "recorded_at", "occurred_at"), answers=200)
    routes.add_api_route(STATE, get_episode, methods=["GET"], openapi_extra=state_extra)
    routes.add_api_route(
        HISTORY, get_episode_history, methods=["GET"], openapi_extra=describing(HISTORY, answers=200)
    )
    routes.add_api_route(EVENT, get_event, methods=["GET"], openapi_extra=describing(EVENT, answers=200))
    return routes


async def get_episode(request: Request) -> Response:
    """The state, rebuilt from its events: as of a version, or of what was recorded by a time; and as it was
    at another time. Both clocks may be asked at once."""
    caller = permitted(request, "episodes", "read")
    refuse_unknown_parameters(request, "version", "recorded_at", "occurred_at")
    version = whole_number(request, "version", None, 1, 999_999_999)
    recorded, occurred = moment(request, "recorded_at"), moment(request, "occurred_at")
    if version is not None and recorded is not None:
        raise Malformed("/query/recorded_at", "version or recorded_at, not both")
    look, entries = await _look(request, caller)
    entries = look.reach(entries)
    if version is not None and version > len(entries):
        raise NotThere
    known = _prefix(entries, version, recorded)
    shown = look.episode if len(known) == look.episode.version else fold(known)
    if shown is None:
        raise NotThere
    when = None if occurred is None else When.of(occurred, "second", entries[0].metadata.zone)
    return _document(documents.state(look, shown, when), shown.version)


async def get_episode_history(request: Request) -> Response:
    """Every event of the episode, oldest first: who, when, why, late or not, amended by what."""
    caller = permitted(request, "history", "read")
    refuse_unknown_parameters(request)
    look, entries = await _look(request, caller)
    entries = look.reach(entries)
    return _document(documents.history(look, entries), entries[-1].metadata.version)


async def get_event(request: Request) -> Response:
    """One event: what `dataref` and `links.event` name."""
    caller = permitted(request, "events", "read")
    refuse_unknown_parameters(request)
    event = path_id(request, "event")
    look, entries = await _look(request, caller)
    entry = next((one for one in entries if one.metadata.event_id == event), None)
    if entry is None:
        raise NotThere
    return _document(documents.event(look, entry), look.reach(entries)[-1].metadata.version)


async def _look(request: Request, caller: Caller) -> tuple[Viewer, Sequence[RecordedEvent[Any]]]:
    entries = await at_hand(request, Log).episode(caller.network, path_id(request, "episode"))
    return viewer(fold(entries), entries, caller, now(request)), entries


def _prefix(
    entries: Sequence[RecordedEvent[Any]], version: int | None, recorded: datetime | None
) -> Sequence[RecordedEvent[Any]]:
    """The events up to a version, or those recorded by a moment: `recorded_at` never goes back."""
    if recorded is not None:
        return [entry for entry in entries if entry.metadata.recorded_at <= recorded]
    return entries[:version]


def _document(document: documents.Document, version: int) -> Response:
    return Response(
        to_json(document, exclude_none=True),
        headers={"ETag": f'"{version}"'},
        media_type="application/json",
    )
