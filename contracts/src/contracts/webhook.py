"""The bodies of webhooks to a partner (Standard Webhooks): what happened and where, or that something did.

Which of them a partner is sent is its subscription's level: `ids` or `empty`. Before the first of them its
address is sent a challenge, and must answer it.
"""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.values import Origin, Precision


class Links(BaseModel):
    """Where to read more, and to answer, with a partner's token."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
    event: str
    """The address of the whole event, shown as far as the client consented."""
    episode: str
    """The address of the episode, shown as far as the client consented."""
    answer: str | None = None
    """The address that takes the answer to a referral; absent from every other event."""
    missed: str
    """The address that answers this delivery and all after it."""


def _not_to_be_counted_on(schema: dict[str, Any]) -> None:
    """It is always written, but a client generated now must read webhooks of the next release."""
    schema["required"].remove("subject")


class WebhookData(BaseModel):
    """What happened, as ids and times, and where to read more."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, json_schema_extra=_not_to_be_counted_on
    )
    event_id: UUID
    """The id of the event."""
    subscription_id: UUID
    """The subscription to which this is owed."""
    number: int = Field(ge=1)
    """The count of what is owed to the subscription, without gap; order of arrival is not promised."""
    partner: UUID
    """The id of the partner that is told."""
    clinic: UUID
    """The clinic that had the episode when the event was recorded."""
    episode: UUID
    """The id of the episode."""
    client_ref: UUID
    """The client, by our reference for it: the only id of the client that the partner ever sees."""
    subject: UUID = Field(deprecated=True)
    """The client by the former name of `client_ref`; the next release leaves it out."""
    your_client_ref: str | None = None
    """The client, by the partner's own number; absent where the directory has none."""
    occurred_at: AwareDatetime
    """When it happened, as exactly as `precision` says."""
    precision: Precision
    """How exactly `occurred_at` is known. Words may be added: take one you do not know as the coarsest."""
    recorded_at: AwareDatetime
    """When the episodes service recorded the event."""
    origin: Origin
    """How it was recorded; `late` is more than 24 hours after the end of the stated period. Words may be
    added: take one you do not know as `live`."""
    links: Links
    """Where to read more, and to answer."""


class Webhook(BaseModel):
    """The body of a webhook at level `ids`: what happened and where."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
    type: str
    """The type of the event, as on Kafka."""
    timestamp: AwareDatetime
    """When the event happened."""
    data: WebhookData
    """What the partner is told of the event."""


class NoticeData(BaseModel):
    """Where to ask for what a notice stands for."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
    subscription_id: UUID
    """The subscription to which this is owed."""
    number: int = Field(ge=1)
    """The count of what is owed to the subscription, without gap; order of arrival is not promised."""
    missed: str
    """The address that answers this delivery and all after it."""


class Notice(BaseModel):
    """The body of a webhook at level `empty`: that there is something, and nothing of what it is."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
    type: Literal["care.notice.v1"]
    """The type of a notice, the same for every event."""
    timestamp: AwareDatetime
    """When the delivery became due."""
    data: NoticeData
    """Where to ask for it."""


class ChallengeData(BaseModel):
    """The value that proves that the address is the partner's. It says nothing of a client."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
    subscription_id: UUID
    """The subscription whose address is to be proved."""
    challenge: str
    """The random value: the endpoint answers 2xx with it, or the partner posts it to `confirmation`."""
    confirmation: str
    """The address that takes the value, with the partner's token."""
    expires_at: AwareDatetime
    """Until when the value is accepted."""


class Challenge(BaseModel):
    """What a new address is sent, before any event goes there."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
    type: Literal["care.challenge.v1"]
    """The type of a challenge."""
    timestamp: AwareDatetime
    """When the challenge was made."""
    data: ChallengeData
    """The value, and where it can be posted."""


class Echo(BaseModel):
    """The answer to a challenge that proves an address at once. Other fields are ignored."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="ignore")
    challenge: str
    """The value that was received in `data.challenge`."""
