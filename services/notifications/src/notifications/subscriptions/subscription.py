"""Subscriptions: who may make one for whom, what it asks for, and its secret."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from notifications.access import Caller
from notifications.delivering.signing import secret_text

State = Literal["active", "disabled"]


class NotYours(Exception):
    """The caller may subscribe, but not so; `pointer` names the field."""

    def __init__(self, rule: str, pointer: str) -> None:
        super().__init__(rule)
        self.rule, self.pointer = rule, pointer


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where and about what a partner wants to be told. No filter means everything that consent allows."""

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller asks for."""

    url: str
    level: Literal["empty", "ids"]
    partner: UUID | None = None
    event_types: frozenset[str] | None = None
    clinics: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The new subscription; its secret is shown now to its partner, and never again to anybody."""

    subscription: Subscription
    secret: str = field(repr=False)
    secret_for_caller: bool


def subscribe(caller: Caller, wanted: Wanted, new_id: UUID, secret: bytes, now: datetime) -> Subscribed:
    """Raises `NotYours`."""
    subscription = Subscription(
        network=caller.network,
        id=new_id,
        partner=_partner(caller, wanted),
        url=wanted.url,
        level=wanted.level,
        created_at=now,
        event_types=wanted.event_types,
        clinics=_clinics(caller, wanted),
    )
    return Subscribed(subscription, secret_text(secret), secret_for_caller=caller.partner is not None)


def _partner(caller: Caller, wanted: Wanted) -> UUID:
    """A partner subscribes for itself; a coordinator must say for whom."""
    partner = wanted.partner or caller.partner
    if partner is None:
        raise NotYours("partner-required", "/partner")
    if caller.partner is not None and partner != caller.partner:
        raise NotYours("not-your-partner", "/partner")
    return partner


def _clinics(caller: Caller, wanted: Wanted) -> frozenset[UUID] | None:
    """A coordinator can open no more than its own clinics."""
    if caller.partner is not None:
        return wanted.clinics
    clinics = caller.clinics if wanted.clinics is None else wanted.clinics
    if not clinics <= caller.clinics:
        raise NotYours("not-your-clinic", "/clinics")
    return clinics
