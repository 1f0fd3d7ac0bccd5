"""Published events and their last numbers, as the episodes service tells them when asked."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from contracts.envelope import source_of
from notifications.answers import AnotherLog, Doubtful, unexpected
from notifications.episodes_service import EpisodesService

EVENTS_PER_PAGE = 500
EPISODES_PER_PAGE = 1000

Page = TypeVar("Page", bound=BaseModel)
Number = Annotated[int, Field(ge=1, lt=1_000_000_000, strict=True)]
"""As in the path: an absurd number would open a gap that nothing can close."""


class EventsPage(BaseModel):
    """Published events of one episode in order; `more` tells whether further ones exist."""

    events: list[dict[str, Any]]
    more: bool


class LastNumber(BaseModel):
    """The number of an episode's last published event, in the stretch of the log that was told of."""

    episode: UUID
    sequence: Number
    clinic: UUID


class NumbersPage(BaseModel):
    """Last numbers, and the position behind them; `behind_seconds` is how far that is from now."""

    episodes: list[LastNumber]
    next: str
    behind_seconds: float = Field(ge=0)


class PublishedLog:
    """What the episodes service has published. Any failure is `NoAnswer`."""

    def __init__(self, episodes: EpisodesService) -> None:
        self._episodes = episodes

    async def events(self, network: str, episode: UUID, after: int) -> EventsPage:
        """The events of an episode after a number. Raises `NoAnswer`, `Doubtful` too."""
        query = urlencode({"after": after, "limit": EVENTS_PER_PAGE})
        path = f"/v1/episodes/{episode}/published-events?{query}"
        page = await self._ask(EventsPage, network, path)
        _refuse_others(page.events, network, episode)
        return page

    async def last_numbers(self, network: str, position: str | None, up_to: str | None) -> NumbersPage:
        """The last numbers of the episodes that occur in the log behind a position. Raises `NoAnswer`."""
        asked = {"limit": str(EPISODES_PER_PAGE), "after": position, "up_to": up_to}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return await self._ask(NumbersPage, network, f"/v1/published-sequences?{query}")

    async def _ask(self, form: type[Page], network: str, path: str) -> Page:
        status, body = await self._episodes.ask("GET", network, path)
        if status == HTTPStatus.GONE:
            raise AnotherLog
        if status != HTTPStatus.OK:
            raise unexpected(status)
        try:
            return form.model_validate(json.loads(body))
        except (ValidationError, ValueError, RecursionError) as fault:
            raise Doubtful(type(fault).__name__) from None


def _refuse_others(events: Sequence[dict[str, Any]], network: str, episode: UUID) -> None:
    """Another environment has other episodes under other sources."""
    whose = [source_of(network), str(episode)]
    if any([event.get("source"), event.get("subject")] != whose for event in events):
        raise Doubtful("events of another episode")
