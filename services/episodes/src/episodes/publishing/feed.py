"""What the feed is asked and what it answers."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, create_model
from pydantic_core import PydanticCustomError

from care_platform.described_model import DescribedModel
from care_platform.http.parameters import DIGITS
from contracts.schemas import envelope_fields
from episodes.http.parameters import Query

MAX_EVENTS, MAX_WAIT = 1_000, 30
_POSITION = re.compile("p[0-9a-f]{1,15}|[A-Za-z0-9_-]{48}")


def _in_form(text: str) -> str:
    if not _POSITION.fullmatch(text):
        raise PydanticCustomError("position", "a position that this service gave, unchanged")
    return text


Position = Annotated[str, AfterValidator(_in_form)]
"""Whether this service gave it to the caller's network, `FeedPositions` tells."""


class FeedQuery(Query):
    """Which part of the feed is wanted."""

    after: Position | None = None
    """`next` of the page before; without it the feed begins with the first event."""
    limit: Annotated[int, Field(ge=1, le=MAX_EVENTS), DIGITS] = 100
    """How many events a page holds at most."""
    wait: Annotated[int, Field(ge=0, le=MAX_WAIT), DIGITS] = 0
    """How many seconds an empty answer is held back for events to come."""


_DATA = (
    "What the published event says: the form of its `type` in `asyncapi.yaml`, or `redacted` alone, once the "
    "client is erased."
)
_FIELDS: dict[str, Any] = {**envelope_fields(), "data": (dict[str, Any], Field(description=_DATA))}
CloudEvent: type[BaseModel] = create_model(
    "CloudEvent", __doc__="A published event in the JSON format of CloudEvents 1.0.", **_FIELDS
)


class FeedPage(DescribedModel):
    """A page of the feed, oldest event first."""

    events: list[CloudEvent]
    """The events published after the position asked for, as many as `limit` if there are so many. A page may
    have fewer, or none, and still not be the last: see `at_end`."""
    next: str
    """The position to ask `after` for the next page: for this network alone, and without a meaning."""
    at_end: bool
    """Whether these are the last events there were; if not, ask on at once, also after an empty page."""
