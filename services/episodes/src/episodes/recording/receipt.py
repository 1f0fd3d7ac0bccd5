"""The receipt of a command, as the OpenAPI document describes it; `answers` writes it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from care_platform.described_model import DescribedModel
from episodes.domain.status import Status


class ReceiptEvent(DescribedModel):
    """An event that was recorded."""

    id: UUID
    """The event's id."""
    type: str
    """Its kind and version, such as `session-delivered.1`."""
    version: int
    """Its place among all events of the episode."""
    occurred_at: datetime
    """When it happened."""
    recorded_at: datetime
    """When this service recorded it."""


class ReceiptEpisode(DescribedModel):
    """An episode as the command left it."""

    id: UUID
    """The episode's id."""
    version: int
    """How many events it has."""
    status: Status | SkipJsonSchema[None] = None
    """Whether care goes on; not told to a partner."""


class ReceiptWarning(DescribedModel):
    """A doubt about what was recorded."""

    rule: str
    """The rule by its name in the vocabulary; `GET /problems/rules/{rule}` explains it."""
    pointer: str
    """Where in the body, as a JSON pointer; empty if it is about the whole."""
    detail: str | SkipJsonSchema[None] = None
    """What can be done about it, in words; absent where the rule says it."""


class Receipt(DescribedModel):
    """What was recorded: in `episode`, or in `episodes` where a command is recorded in several."""

    events: Annotated[list[ReceiptEvent], Field(min_length=1)]
    """The events recorded, in their order."""
    episode: ReceiptEpisode | SkipJsonSchema[None] = None
    """The episode in which the command was recorded."""
    episodes: Annotated[list[ReceiptEpisode], Field(min_length=1)] | SkipJsonSchema[None] = None
    """Each episode of the client in which the command was recorded."""
    breaches: list[str] | SkipJsonSchema[None] = None
    """The rules of care that the session broke, by all that is known now; absent where the command neither
    records nor amends one. `GET /problems/rules/{rule}` explains each.
    """
    warnings: list[ReceiptWarning]
    """What was recorded although it looks doubtful."""
