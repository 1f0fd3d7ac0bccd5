"""The body of a webhook to a partner (Standard Webhooks): what happened, where, and the delivery's number."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.envelope import Origin, Precision


class Links(BaseModel):
    """Where to read more, with a partner token: event, episode, a referral to answer, what was missed."""

    model_config = ConfigDict(frozen=True)
    event: str
    episode: str
    answer: str | None = None
    missed: str


class WebhookData(BaseModel):
    """`number` counts the subscription's deliveries without gaps; order of arrival is not promised."""

    model_config = ConfigDict(frozen=True)
    event_id: UUID
    subscription_id: UUID
    number: int = Field(ge=1)
    partner: UUID
    clinic: UUID
    episode: UUID
    subject: UUID
    your_client_ref: str | None = None
    occurred_at: AwareDatetime
    precision: Precision
    recorded_at: AwareDatetime
    origin: Origin
    links: Links


class Webhook(BaseModel):
    """`type` as on Kafka; `timestamp` is when the event happened."""

    model_config = ConfigDict(frozen=True)
    type: str
    timestamp: AwareDatetime
    data: WebhookData
