"""The envelope of a published event: CloudEvents 1.0 attributes with this project's extensions."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from contracts.events import PUBLISHED, Data, Number, Redacted

Precision = Literal["second", "minute", "day", "month"]
Origin = Literal["live", "late", "imported", "corrected"]
Source = Annotated[str, StringConstraints(pattern=r"^/networks/[a-z0-9][a-z0-9-]{0,62}/episodes$")]

_NETWORK = re.compile(r"^/networks/([^/]+)/episodes$")


class Unreadable(ValueError):
    """A message that cannot be read as one of our published events; `reason` never quotes the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PublishedEvent(BaseModel):
    """One published event, read and typed.

    `sequence` counts the published events of the episode without gaps, so a consumer can see a loss;
    `version` is the place among all events of the episode. `recordedat` is when the service learned it,
    `time` when it happened, to `precision`. `dataref` is the authorised address of the whole record.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    type: str
    source: Source
    subject: UUID
    time: AwareDatetime
    sequence: Number
    version: Number
    clinic: UUID
    precision: Precision
    recordedat: AwareDatetime
    origin: Origin
    dataref: str
    correlationid: UUID
    traceparent: str | None = None
    data: Data | Redacted

    @property
    def network(self) -> str:
        match = _NETWORK.match(self.source)
        assert match is not None  # guaranteed by Source
        return match[1]

    @property
    def episode(self) -> UUID:
        return self.subject


def source_of(network: str) -> str:
    """The CloudEvents `source` of a network's episodes."""
    return f"/networks/{network}/episodes"


def topic_of(network: str) -> str:
    """The Kafka topic of a network: one each, because access lists are per topic."""
    return f"care.{network}.episodes.v1"


def timestamp(moment: datetime) -> str:
    """RFC 3339, as CloudEvents writes `time`; the offset of the moment is kept."""
    return moment.isoformat()


def data_model(type_name: str) -> type[Data]:
    """The model of a published type. Raises `Unreadable` for a type this version does not know."""
    try:
        return PUBLISHED[type_name]
    except KeyError:
        raise Unreadable("unknown event type") from None
