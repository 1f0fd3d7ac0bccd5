"""What a follower asks that may have missed something: how far each episode is, and one episode's events."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi import Query as InQuery
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from care_platform.described_model import DescribedModel
from care_platform.http.parameters import DIGITS, Id
from episodes.access import Caller
from episodes.event_log.stored_form import Damaged
from episodes.http.dependencies import allowed, here
from episodes.http.openapi import GONE
from episodes.http.parameters import Query
from episodes.publishing.another_log import Restores
from episodes.publishing.episode_events import EpisodeEvents
from episodes.publishing.feed import MAX_EVENTS, CloudEvent, Position
from episodes.publishing.feed_positions import BEGINNING, FeedPositions
from episodes.publishing.sequences import PublishedSequences

router = APIRouter(tags=["feed"])


class EventsQuery(Query):
    """Which events of the episode are wanted."""

    after: Annotated[int, Field(ge=0, le=999_999_999), DIGITS] = 0
    """The `publishednumber` after which to begin; without it the episode's first event is the first."""
    limit: Annotated[int, Field(ge=1, le=MAX_EVENTS), DIGITS] = 100
    """How many events a page holds at most."""


class PublishedEvents(DescribedModel):
    """Published events of one episode, in the order of `publishednumber`."""

    events: list[CloudEvent]
    """The events of a `publishednumber` after the one asked for, each as in the feed."""
    more: bool
    """Whether others follow: ask again after the last of these."""
    damaged: bool | SkipJsonSchema[None] = None
    """True if the next event is there and cannot be read: the page ends before it. Else absent."""


class SequencesQuery(Query):
    """Which part of the walk is wanted."""

    after: Position | None = None
    """`next` of the page before; without it the walk begins with the first event."""
    limit: Annotated[int, Field(ge=1, le=MAX_EVENTS), DIGITS] = MAX_EVENTS
    """How many episodes a page names at most."""
    up_to: Position | None = None
    """A position of the feed that the walk does not pass; without it, what was sent to Kafka."""


class ReachedEpisode(DescribedModel):
    """The last published event of an episode in the part of the log that a page covers."""

    episode: UUID
    """The episode's id."""
    sequence: int
    """Its `publishednumber`: whoever follows must know the events of this number and all below."""
    clinic: UUID
    """The `clinic` of that event."""


class SequencesPage(DescribedModel):
    """A page of the walk. An episode comes again whenever later events of it are met."""

    episodes: list[ReachedEpisode]
    """The episodes with published events in this part. A page may be empty and still not be the last."""
    next: str
    """The position to ask `after` for the next page. The same as before, when there is nothing more yet."""
    behind_seconds: float
    """Everything recorded before this many seconds ago is covered by this page and those before it. About 300
    at the end of the walk, or less where nothing is recorded; more if Kafka or `up_to` is behind."""


@router.get("/v1/episodes/{episode}/published-events", response_model=PublishedEvents)
async def read_published_events(
    events: Annotated[EpisodeEvents, here(EpisodeEvents)],
    who: Annotated[Caller, allowed("published-events", "read", EventsQuery)],
    episode: Id,
    query: Annotated[EventsQuery, InQuery()],
) -> Response:
    """The episode's published events after a `publishednumber`, as the feed has them: to close a gap."""
    telling, more = await events.after(who, episode, query.after, query.limit)
    return _answer(telling.texts, more=more, damaged=isinstance(telling.fault, Damaged))


def _answer(texts: Iterable[str], *, more: bool, damaged: bool) -> Response:
    """Written as text, because a page may hold a thousand events."""
    end = ',"damaged":true}' if damaged else "}"
    content = f'{{"events":[{",".join(texts)}],"more":{"true" if more else "false"}{end}'
    return Response(content, media_type="application/json")


@router.get("/v1/published-sequences", responses=GONE)
async def read_published_sequences(
    sequences: Annotated[PublishedSequences, here(PublishedSequences)],
    positions: Annotated[FeedPositions, here(FeedPositions)],
    restores: Annotated[Restores, here(Restores)],
    who: Annotated[Caller, allowed("published-sequences", "read", SequencesQuery)],
    query: Annotated[SequencesQuery, InQuery()],
) -> SequencesPage:
    """How far each episode is: a walk over all events recorded more than five minutes ago, oldest first.
    Compare it with what you know, to find an episode whose last events never came."""
    after = BEGINNING if query.after is None else positions.read(who.network, query.after)
    up_to = None if query.up_to is None else positions.read(who.network, query.up_to, "/query/up_to")
    for position in filter(None, (after, up_to)):
        await restores.check(position)
    found = await sequences.after(who, after, None if up_to is None else up_to.place, query.limit)
    return SequencesPage(
        episodes=[
            ReachedEpisode(episode=it.episode, sequence=it.sequence, clinic=it.clinic)
            for it in found.episodes
        ],
        next=positions.text(who.network, found.told),
        behind_seconds=round(found.behind, 1),
    )
