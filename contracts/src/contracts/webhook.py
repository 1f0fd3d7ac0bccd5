"""The bodies of webhooks to a partner (Standard Webhooks): what happened and where, or that something did.

Which of them a partner is sent is its subscription's level: `ids` or `empty`.
"""

from typing import Literal
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


class NoticeData(BaseModel):
    """Where to ask for it: `missed` answers this delivery and all after it."""

    model_config = ConfigDict(frozen=True)
    subscription_id: UUID
    number: int = Field(ge=1)
    missed: str


class Notice(BaseModel):
    """At level `empty`: that there is something; `timestamp` is when it became due."""

    model_config = ConfigDict(frozen=True)
    type: Literal["care.notice.v1"]
    timestamp: AwareDatetime
    data: NoticeData
