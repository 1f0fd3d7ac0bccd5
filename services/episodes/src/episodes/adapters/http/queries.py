"""Reading: an episode's state, its history, one event. What is not yours is not there."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from episodes.adapters.http.openapi import describing
from episodes.adapters.http.requests import (
    now,
    path_id,
    permitted,
    refuse_unknown_parameters,
    services,
    whole_number,
)
from episodes.application import views
from episodes.application.errors import NotThere
from episodes.application.folding import fold
from episodes.application.views import Viewer
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode

STATE = "/v1/episodes/{episode}"
HISTORY = "/v1/episodes/{episode}/history"
EVENT = "/v1/episodes/{episode}/events/{event}"


def router() -> APIRouter:
    routes = APIRouter(tags=["episodes"])
    state_extra = describing(STATE, query=("version",), answers=200)
    routes.add_api_route(STATE, episode_state, methods=["GET"], openapi_extra=state_extra)
    routes.add_api_route(
        HISTORY, episode_history, methods=["GET"], openapi_extra=describing(HISTORY, answers=200)
    )
    routes.add_api_route(EVENT, one_event, methods=["GET"], openapi_extra=describing(EVENT, answers=200))
    return routes


async def episode_state(request: Request) -> Response:
    """The state, rebuilt from its events; `version` asks for the state as of that version."""
    caller = permitted(request, "episodes", "read")
    refuse_unknown_parameters(request, "version")
    version = whole_number(request, "version", None, 1, 999_999_999)
    entries = await services(request).log.episode(path_id(request, "episode"))
    look = views.viewer(fold(entries), caller, now(request))
    shown = look.episode if version is None else fold(entries[:version])
    if shown is None or (version is not None and version > len(entries)):
        raise NotThere
    return _document(views.state(look, shown), shown)


async def episode_history(request: Request) -> Response:
    """Every event of the episode, oldest first: who, when, why."""
    caller = permitted(request, "history", "read")
    refuse_unknown_parameters(request)
    look, entries = await _look(request, caller)
    return _document(views.history(look, entries), look.episode)


async def one_event(request: Request) -> Response:
    """One event: what `dataref` and `links.event` name."""
    caller = permitted(request, "events", "read")
    refuse_unknown_parameters(request)
    event = path_id(request, "event")
    look, entries = await _look(request, caller)
    entry = next((one for one in entries if one.header.event_id == event), None)
    if entry is None:
        raise NotThere
    return _document(views.event(look, entry), look.episode)


async def _look(request: Request, caller: Any) -> tuple[Viewer, Sequence[Recorded[Any]]]:
    entries = await services(request).log.episode(path_id(request, "episode"))
    return views.viewer(fold(entries), caller, now(request)), entries


def _document(document: views.Document, episode: Episode) -> Response:
    return Response(
        to_json(document, exclude_none=True),
        headers={"ETag": f'"{episode.version}"', "Cache-Control": "no-store"},
        media_type="application/json",
    )
