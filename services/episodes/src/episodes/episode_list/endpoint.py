"""The list of episodes: filters, pages, and reading after one's own write."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi import Query as InQuery
from starlette.requests import Request

from episodes.access import Caller
from episodes.episode_list.line import Criteria
from episodes.episode_list.postgres import Lists, Row
from episodes.episode_list.query import EpisodeList, ListedEpisode, ListQuery
from episodes.errors import Behind, StoreUnavailable, TooManyRequests
from episodes.event_log.keyring import Keyring
from episodes.event_log.reader import Log
from episodes.http.dependencies import allowed, here
from episodes.http.metrics import LIST_LAG
from episodes.http.requests import at_hand, now

router = APIRouter(tags=["episodes"])


@router.get("/v1/episodes", response_model_exclude_none=True)
async def list_episodes(
    lists: Annotated[Lists, here(Lists)],
    keyring: Annotated[Keyring, here(Keyring)],
    who: Annotated[Caller, allowed("episodes", "list", ListQuery)],
    query: Annotated[ListQuery, InQuery()],
) -> EpisodeList:
    """The episodes of your network and clinics, newest first. A walk over the pages meets each once, whatever
    is written meanwhile. With `after_write` the answer holds that write, or is 503 after two seconds."""
    if query.after_write is not None:
        episode, _, version = query.after_write.partition(":")
        if not await lists.reached(who, UUID(episode), int(version)):
            raise Behind
    found = await lists.page(who, _criteria(query, who, keyring), query.limit + 1)
    page = [_listed(row) for row in found[: query.limit]]
    return EpisodeList(episodes=page, next=f"e{page[-1].id.hex}" if len(found) > len(page) else None)


async def observe_lag(request: Request) -> None:
    """How long the oldest event not listed yet has waited, whoever leads or none does."""
    try:
        recorded = await at_hand(request, Log).next_recorded_at(await at_hand(request, Lists).position())
    except (StoreUnavailable, TooManyRequests):
        LIST_LAG.set(float("nan"))
    else:
        LIST_LAG.set(0 if recorded is None else max(0.0, (now(request) - recorded).total_seconds()))


def _criteria(query: ListQuery, who: Caller, keyring: Keyring) -> Criteria:
    system, bar, value = (query.source_ref or "").partition("|")
    return Criteria(
        client=query.client,
        status=query.status,
        clinic=query.clinic,
        therapist=query.therapist,
        reference=keyring.reference(who.network, system, value) if bar else None,
        before=None if query.cursor is None else UUID(query.cursor[1:]),
    )


def _listed(row: Row) -> ListedEpisode:
    """A line; its times in UTC, whatever zone the database is set to."""
    return ListedEpisode(
        **{
            name: value.astimezone(UTC) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
    )
