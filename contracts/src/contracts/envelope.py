"""The envelope of a published event: CloudEvents 1.0 attributes with this project's extensions."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from contracts.events import PUBLISHED, Data, Redacted
from contracts.values import Moment, Number, Origin, Precision

Source = Annotated[str, StringConstraints(pattern=r"^/networks/[a-z0-9][a-z0-9-]{0,62}/episodes$")]

_NETWORK = re.compile(r"^/networks/([^/]+)/episodes$")


class Unreadable(ValueError):
    """A message that cannot be read as one of our published events; `reason` never quotes the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PublishedEvent(BaseModel):
    """One published event, read and typed."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    id: UUID
    """The id of the event."""
    type: str
    """What happened, as `care.episode.` with a name and a version."""
    source: Source
    """The network whose episode it is, as `/networks/<network>/episodes`."""
    subject: UUID
    """The id of the episode."""
    time: Moment
    """When it happened, as exactly as `precision` says."""
    publishednumber: Number
    """The number of the event among the episode's published events, from 1, without gaps: a loss shows."""
    version: Number
    """The place of the event among all events of the episode, the private ones included."""
    clinic: UUID
    """The clinic that had the episode then; for a transfer, the clinic that took it over."""
    precision: Precision
    """How exactly `time` is known. Words may be added: take one you do not know as the coarsest."""
    recordedtime: Moment
    """When the service recorded the event."""
    origin: Origin
    """How it was recorded; `late` is more than 24 hours after the end of the stated period. Words may be
    added: take one you do not know as `live`."""
    recordref: str
    """The address of the whole record, for those who may read it; it holds more than `data`."""
    correlationid: UUID
    """The id of the story that the event belongs to."""
    traceparent: str | None = None
    """The trace context (W3C) of the request that recorded the event; absent if it had none."""
    data: Redacted | Data
    """What is published of the fact, or a mark that it is redacted."""

    @property
    def network(self) -> str:
        match = _NETWORK.match(self.source)
        assert match is not None  # guaranteed by Source
        return match[1]

    @property
    def episode(self) -> UUID:
        return self.subject

    @property
    def sequence(self) -> int:
        """The number of the event among the episode's published events."""
        return self.publishednumber


def source_of(network: str) -> str:
    """The CloudEvents `source` of a network's episodes."""
    return f"/networks/{network}/episodes"


def topic_of(network: str) -> str:
    """The Kafka topic of a network: one each, because access lists are per topic."""
    return f"care.{network}.episodes.v1"


def timestamp(moment: datetime) -> str:
    """RFC 3339, in the one spelling of every wire: `Z` for UTC, any other offset in numbers, as it is."""
    text = moment.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def data_model(type_name: str) -> type[Data]:
    """The model of a published type. Raises `Unreadable` for a type this version does not know."""
    try:
        return PUBLISHED[type_name]
    except KeyError:
        raise Unreadable("unknown event type") from None
