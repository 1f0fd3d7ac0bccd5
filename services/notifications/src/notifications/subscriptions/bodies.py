"""The bodies of requests and answers about subscriptions and what they were owed."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from care_platform.described_model import DescribedModel
from care_platform.http.parameters import Id
from contracts.events import PUBLISHED
from contracts.webhook import WebhookData
from notifications.subscriptions.subscription import Subscription, Wanted


def _published(name: str) -> str:
    if name not in PUBLISHED:
        raise PydanticCustomError("unknown_event_type", "not a published event type")
    return name


EventType = Annotated[str, AfterValidator(_published), Field(json_schema_extra={"enum": [*PUBLISHED]})]
Address = Annotated[str, StringConstraints(min_length=8, max_length=2000, pattern=r"^https?://[!-~]+$")]


class SubscriptionWanted(DescribedModel):
    """What a subscription is to be like."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    url: Address
    """The address to which webhooks are posted."""
    event_types: Annotated[list[EventType], Field(min_length=1, max_length=100)] | None = None
    """The types of events to be told of; if not given, all that consent allows."""
    clinics: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = None
    """The clinics to be told of; if not given, all of them, or the coordinator's own."""
    level: Literal["empty", "ids"] = "ids"
    """How much a webhook tells: ids and times (`ids`), or only that there is something (`empty`)."""
    partner: Id | None = None
    """The partner to be told: a coordinator must say which, and a partner subscribes for itself."""

    def wanted(self) -> Wanted:
        return Wanted(
            url=self.url,
            level=self.level,
            partner=self.partner,
            event_types=None if self.event_types is None else frozenset(self.event_types),
            clinics=None if self.clinics is None else frozenset(self.clinics),
        )


class Confirmation(DescribedModel):
    """What proves that the address of a subscription is the partner's."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    challenge: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """The value that the address received in `data.challenge`."""


class Reactivation(DescribedModel):
    """From where a disabled subscription goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    from_number: Annotated[int, Field(strict=True, ge=1, le=2**53)] | None = None
    """The number from which on what waited is sent, at most one more than `last_number`; what is before it is
    cancelled, and can still be pulled. If not given, all that waited is sent.
    """


class SubscriptionView(DescribedModel):
    """A subscription as it stands."""

    id: UUID
    """The id of the subscription."""
    partner: UUID
    """The partner that is told."""
    url: str
    """The address to which webhooks are posted."""
    level: Literal["empty", "ids"]
    """How much a webhook tells: ids and times (`ids`), or only that there is something (`empty`)."""
    event_types: list[str] | None = None  # always sent; generated Java clients need it optional
    """The types of events that the partner is told of; without any, all that consent allows."""
    clinics: list[UUID] | None = None  # likewise
    """The clinics that the partner is told of; without any, all of them."""
    state: Literal["active", "disabled"]
    """Whether webhooks are sent: `disabled` means that the endpoint said it is gone (410). What is owed
    meanwhile gets its numbers and waits for a `reactivation`.
    """
    unusable_since: AwareDatetime | None
    """Since when the address cannot be used: its name does not resolve, or not to a public address. Attempts
    wait meanwhile, and none is used up. Null while nothing is wrong.
    """
    address: Literal["unproved", "proved", "expired"]
    """Whether the address is proved to be the partner's: webhooks wait until it is. `expired` means that its
    challenge is no longer accepted, and that a new one must be asked for.
    """
    challenge_expires_at: AwareDatetime | None
    """Until when the challenge is accepted; null before it was sent, and once the address is proved."""
    created_at: AwareDatetime
    """When the subscription was made."""
    last_number: int
    """The number of the newest delivery; 0 before the first."""


class SubscriptionMade(SubscriptionView):
    """A new subscription, and its secret."""

    secret: str | None = None
    """The secret that signs the webhooks: shown here and never again, and only to the partner itself."""


class Secret(DescribedModel):
    """The new secret of a subscription."""

    secret: str
    """The secret that signs the webhooks from now on: shown here and never again."""


class Subscriptions(DescribedModel):
    """The subscriptions that the caller may see."""

    subscriptions: list[SubscriptionView]
    """The subscriptions, oldest first."""
    next: UUID | None
    """What to pass as `after` for the following page; null on the last one."""


def view(of: Subscription, now: datetime) -> SubscriptionView:
    """One that was ended is not shown."""
    assert of.state != "deleted"
    return SubscriptionView(
        id=of.id,
        partner=of.partner,
        url=of.url,
        level=of.level,
        event_types=None if of.event_types is None else sorted(of.event_types),
        clinics=None if of.clinics is None else sorted(of.clinics),
        state=of.state,
        unusable_since=of.unusable_since,
        address=of.address(now),
        challenge_expires_at=None if of.proved_at else of.challenge_expires_at,
        created_at=of.created_at,
        last_number=of.last_number,
    )


class AttemptView(DescribedModel):
    """How one attempt went: either a status or a class of error."""

    model_config = ConfigDict(frozen=True)
    at: AwareDatetime
    """When the attempt began."""
    status: int | None
    """The HTTP status that the endpoint answered; null where there was no answer."""
    error: str | None
    """The class of error, such as `timeout`; null where the endpoint answered."""
    duration_ms: int
    """How long the attempt took, in milliseconds."""


class DeliveryView(DescribedModel):
    """What is owed to a subscription, and how its attempts went."""

    number: int
    """The count of what is owed to the subscription, without gap."""
    state: Literal["pending", "delivered", "withheld", "failed", "cancelled"]
    """What became of the delivery."""
    webhook_id: str
    """The header `webhook-id`, which is the same over all attempts."""
    type: str | None = None
    """The type of the event; told once an attempt was made, and not of what was withheld."""
    event_id: UUID | None = None
    """The id of the event; told once an attempt was made, and not of what was withheld."""
    attempts: list[AttemptView]
    """The attempts that were made, oldest first."""
    next_attempt_at: datetime | None
    """When the next attempt is due; null unless the delivery is pending and its subscription active."""


class Deliveries(DescribedModel):
    """A page of deliveries."""

    deliveries: list[DeliveryView]
    """The deliveries in the order of their numbers."""
    next: int | None
    """What to pass as `after` for the following page; null on the last one."""


class Told(DescribedModel):
    """An event as its webhook told it, or would have told it."""

    number: int
    """The count of what is owed to the subscription, without gap."""
    type: str
    """The type of the event, as on Kafka."""
    timestamp: AwareDatetime
    """When the event happened."""
    data: WebhookData
    """What the webhook told of the event, or would have told."""


class Withheld(DescribedModel):
    """An event that consent does not, or did not, allow to be told; nothing else is said of it."""

    number: int
    """The count of what is owed to the subscription, without gap."""
    withheld: Annotated[Literal[True], WithJsonSchema({"type": "boolean"})] = True
    """Says that the event is withheld; it is always true."""


class Events(DescribedModel):
    """A page of what is owed to a subscription."""

    events: list[Told | Withheld]
    """The events in the order of their numbers, each told or withheld."""
    next: int | None
    """What to pass as `after` for the following page; null on the last one."""
