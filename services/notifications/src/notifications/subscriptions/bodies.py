"""The bodies of requests and answers about subscriptions and what they were owed."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from contracts.events import PUBLISHED
from contracts.webhook import WebhookData
from notifications.subscriptions.subscription import Subscription, Wanted


def _published(name: str) -> str:
    if name not in PUBLISHED:
        raise PydanticCustomError("unknown_event_type", "not a published event type")
    return name


EventType = Annotated[str, AfterValidator(_published), Field(json_schema_extra={"enum": [*PUBLISHED]})]
Address = Annotated[str, StringConstraints(min_length=8, max_length=2000, pattern=r"^https?://[!-~]+$")]


class SubscriptionWanted(BaseModel):
    """No `event_types` or `clinics` means all that consent allows. `partner` is for coordinators."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    url: Address
    event_types: Annotated[list[EventType], Field(min_length=1, max_length=100)] | None = None
    clinics: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None
    level: Literal["empty", "ids"] = "ids"
    partner: UUID | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            url=self.url,
            level=self.level,
            partner=self.partner,
            event_types=None if self.event_types is None else frozenset(self.event_types),
            clinics=None if self.clinics is None else frozenset(self.clinics),
        )


class SubscriptionView(BaseModel):
    """`last_number` is the number of the newest delivery; `disabled` means the endpoint said it is gone."""

    id: UUID
    partner: UUID
    url: str
    level: Literal["empty", "ids"]
    event_types: list[str] | None
    clinics: list[UUID] | None
    state: Literal["active", "disabled"]
    created_at: AwareDatetime
    last_number: int


class SubscriptionMade(SubscriptionView):
    """`secret` is shown here and never again, and only to the partner itself."""

    secret: str | None = None


class Subscriptions(BaseModel):
    subscriptions: list[SubscriptionView]


def view(of: Subscription) -> SubscriptionView:
    return SubscriptionView(
        id=of.id,
        partner=of.partner,
        url=of.url,
        level=of.level,
        event_types=None if of.event_types is None else sorted(of.event_types),
        clinics=None if of.clinics is None else sorted(of.clinics),
        state=of.state,
        created_at=of.created_at,
        last_number=of.last_number,
    )


class AttemptView(BaseModel):
    """Either a status or a class of error."""

    model_config = ConfigDict(frozen=True)
    at: AwareDatetime
    status: int | None
    error: str | None
    duration_ms: int


class DeliveryView(BaseModel):
    """`type` and `event_id` are told once an attempt was made, and not of what was withheld."""

    number: int
    state: Literal["pending", "delivered", "withheld", "failed", "cancelled"]
    webhook_id: str
    type: str | None = None
    event_id: UUID | None = None
    attempts: list[AttemptView]
    next_attempt_at: datetime | None


class Deliveries(BaseModel):
    """`next`: pass it as `after` for the following page; absent on the last one."""

    deliveries: list[DeliveryView]
    next: int | None


class Told(BaseModel):
    """An event as its webhook told it, or would have told it."""

    number: int
    type: str
    timestamp: AwareDatetime
    data: WebhookData


class Withheld(BaseModel):
    """Consent does not, or did not, allow it. Nothing else is told."""

    number: int
    withheld: Annotated[Literal[True], WithJsonSchema({"type": "boolean"})] = True


class Events(BaseModel):
    """`next`: pass it as `after` for the following page; absent on the last one."""

    events: list[Told | Withheld]
    next: int | None
