"""Reading: an episode's state, its history, one event. What is not yours is not there."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi import Query as InQuery
from pydantic import Field
from starlette.responses import Response

from care_platform.http.malformed import Malformed
from care_platform.http.parameters import DIGITS, Id
from episodes.access import Caller
from episodes.domain.event import RecordedEvent
from episodes.domain.time import When
from episodes.errors import NotThere
from episodes.event_log.episodes import Episodes, Part
from episodes.event_log.folding import fold
from episodes.event_log.outline import Outline
from episodes.http.dependencies import allowed, here
from episodes.http.openapi import WITH_ETAG
from episodes.http.parameters import Moment, Query
from episodes.http.requests import Surroundings
from episodes.reading import documents, models
from episodes.reading.history import Histories, HistoryQuery
from episodes.reading.serialising import InPieces, written
from episodes.visibility import Viewer, may_have_right, viewer

Entries = Sequence[RecordedEvent[Any]]
Show = Callable[[Outline, Entries], Response]
Wanted = Callable[[Outline], Part | None]
EpisodesHere = Annotated[Episodes, here(Episodes)]
SurroundingsHere = Annotated[Surroundings, here(Surroundings)]


def router() -> APIRouter:
    routes = APIRouter(prefix="/v1/episodes/{episode}", tags=["episodes"], responses=WITH_ETAG)
    routes.get("", response_model=models.episode_state())(get_episode)
    routes.get("/history", response_model=models.episode_history())(get_episode_history)
    routes.get("/events/{event}", response_model=models.recorded_event())(get_event)
    return routes


class StateQuery(Query):
    """Which state is wanted: by either clock, or by both."""

    version: Annotated[int, Field(ge=1, le=999_999_999), DIGITS] | None = None
    """The state as of this version; not together with `recorded_at`."""
    recorded_at: Moment | None = None
    """The state as of what was recorded by this time."""
    occurred_at: Moment | None = None
    """The state as it was at this time, by all that is known."""


async def get_episode(
    episodes: EpisodesHere,
    surroundings: SurroundingsHere,
    who: Annotated[Caller, allowed("episodes", "read", StateQuery)],
    episode: Id,
    query: Annotated[StateQuery, InQuery()],
) -> Response:
    """The state, rebuilt from its events: as of a version, or of what was recorded by a time; and as it was
    at another time. Both clocks may be asked at once."""
    if query.version is not None and query.recorded_at is not None:
        raise Malformed("/query/recorded_at", "at_most_one_of", "either version or recorded_at, not both")

    def show(_: Outline, entries: Entries) -> Response:
        look = viewer(fold(entries), entries, who, surroundings.clock())
        return _state(look, look.reach(entries), query)

    return await _shown(episodes, who, episode, show)


async def get_episode_history(
    episodes: EpisodesHere,
    surroundings: SurroundingsHere,
    who: Annotated[Caller, allowed("history", "read", HistoryQuery)],
    episode: Id,
    query: Annotated[HistoryQuery, InQuery()],
) -> Response:
    """Every event of the episode, oldest first: who, when, why, late or not, amended by what. With `limit` in
    pages: a walk over them gives the same events as the whole, and what is recorded meanwhile at its end."""
    histories = Histories(query, who, surroundings.clock())

    def show(seen: Outline, entries: Entries) -> Response:
        return _document(*histories.shown(seen, entries))

    return await _shown(episodes, who, episode, show, histories.part)


async def get_event(
    episodes: EpisodesHere,
    surroundings: SurroundingsHere,
    who: Annotated[Caller, allowed("events", "read")],
    episode: Id,
    event: Id,
) -> Response:
    """One event: what `recordref` and `links.event` name."""

    def show(_: Outline, entries: Entries) -> Response:
        look = viewer(fold(entries), entries, who, surroundings.clock())
        entry = next((one for one in entries if one.metadata.event_id == event), None)
        if entry is None:
            raise NotThere
        return _document(documents.event(look, entry), look.reach(entries)[-1].metadata.version)

    return await _shown(episodes, who, episode, show)


async def _shown(
    episodes: Episodes, who: Caller, episode: UUID, show: Show, part: Wanted = lambda _: None
) -> Response:
    """The answer, made where it holds nobody up. What is not there looks like what is not the caller's."""
    return await episodes.shown(who.network, episode, who.partner, partial(may_have_right, who), show, part)


def _state(look: Viewer, entries: Entries, query: StateQuery) -> Response:
    if query.version is not None and query.version > len(entries):
        raise NotThere
    known = _prefix(entries, query.version, query.recorded_at)
    if look.partner is not None and len(known) < len(entries):
        known = known[: _last_seen(look, known)]  # else the version would tell when each other event came
    shown = look.episode if len(known) == look.episode.version else fold(known)
    if shown is None:
        raise NotThere
    zone = entries[0].metadata.zone
    when = None if query.occurred_at is None else When.of(query.occurred_at, "second", zone)
    return _document(documents.state(look, shown, when), shown.version)


def _last_seen(look: Viewer, entries: Entries) -> int:
    """How many events there are up to the last that the viewer sees; 0 if it sees none."""
    return max((place for place, one in enumerate(entries, 1) if look.sees(one)), default=0)


def _prefix(entries: Entries, version: int | None, recorded: datetime | None) -> Entries:
    """The events up to a version, or those recorded by a moment: `recorded_at` never goes back."""
    if recorded is not None:
        return [entry for entry in entries if entry.metadata.recorded_at <= recorded]
    return entries[:version]


def _document(document: documents.Document, version: int) -> Response:
    return InPieces(written(document), {"ETag": f'"{version}"'})
