"""Subscriptions: who may subscribe whom, what is selected, and the secret."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from notifications.access import Caller
from notifications.delivering.signing import secret_text

State = Literal["active", "disabled", "deleted"]
AddressState = Literal["unproved", "proved", "expired"]


class Refused(Exception):
    """A rule refuses what the caller asks; `pointer` names the field, or nothing in it."""

    def __init__(self, rule: str, pointer: str = "") -> None:
        super().__init__(rule)
        self.rule, self.pointer = rule, pointer


class NotYours(Refused):
    """The caller may subscribe, but not with this field."""


class NotProved(Refused):
    """The address is not proved by this value, or not challenged anew."""


class NotReactivated(Refused):
    """Webhooks are not sent from this number on."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """The address and the filters of a subscription. No filter means everything that consent allows."""

    network: str
    id: UUID
    partner: UUID
    url: str
    level: Literal["empty", "ids"]
    created_at: datetime
    event_types: frozenset[str] | None = None
    clinics: frozenset[UUID] | None = None
    state: State = "active"
    last_number: int = 0
    unusable_since: datetime | None = None
    made_by_partner: bool = False
    proved_at: datetime | None = None
    challenge_expires_at: datetime | None = None

    def address(self, now: datetime) -> AddressState:
        """Whether the address is proved; `expired` needs a new challenge."""
        if self.proved_at is not None:
            return "proved"
        expires = self.challenge_expires_at
        return "expired" if expires is not None and expires <= now else "unproved"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The subscription that the caller asks for."""

    url: str
    level: Literal["empty", "ids"]
    partner: UUID | None = None
    event_types: frozenset[str] | None = None
    clinics: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A new subscription. Its secret is shown once, and only if the partner itself made it."""

    subscription: Subscription
    secret: str = field(repr=False)


def subscribe(caller: Caller, wanted: Wanted, new_id: UUID, secret: bytes, now: datetime) -> Subscribed:
    """A subscription for the caller, or by a coordinator for a partner. Raises `NotYours`."""
    subscription = Subscription(
        network=caller.network,
        id=new_id,
        partner=_partner(caller, wanted),
        url=wanted.url,
        level=wanted.level,
        created_at=now,
        event_types=wanted.event_types,
        clinics=_clinics(caller, wanted),
        made_by_partner=caller.partner is not None,
    )
    return Subscribed(subscription, secret_text(secret))


def _partner(caller: Caller, wanted: Wanted) -> UUID:
    """The partner to subscribe: a partner itself, or the one that a coordinator must name."""
    partner = wanted.partner or caller.partner
    if partner is None:
        raise NotYours("partner-required", "/partner")
    if caller.partner is not None and partner != caller.partner:
        raise NotYours("not-your-partner", "/partner")
    return partner


def _clinics(caller: Caller, wanted: Wanted) -> frozenset[UUID] | None:
    """The clinics to subscribe to. A coordinator may name only its own; by default it means all of them."""
    if caller.partner is not None:
        return wanted.clinics
    clinics = caller.clinics if wanted.clinics is None else wanted.clinics
    if not clinics or not clinics <= caller.clinics:
        raise NotYours("not-your-clinic", "/clinics")
    return clinics
