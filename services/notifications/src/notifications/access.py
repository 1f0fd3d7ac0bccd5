"""Who may do what: one table of role × action, and who a token says the caller is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class Role(StrEnum):
    """The roles a token may name."""

    THERAPIST = "therapist"
    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"
    PARTNER = "partner"
    PRIVACY_OFFICER = "privacy_officer"
    AUDITOR = "auditor"
    SERVICE = "service"


class Action(StrEnum):
    """What can be asked of this service, beside health and the published descriptions."""

    SUBSCRIBE = "subscribe"
    READ_SUBSCRIPTION = "read subscription"
    END_SUBSCRIPTION = "end subscription"
    READ_DELIVERIES = "read deliveries"
    PULL_EVENTS = "pull events"
    READ_INBOX = "read inbox"
    ACKNOWLEDGE = "acknowledge"


_INBOX = frozenset({Action.READ_INBOX, Action.ACKNOWLEDGE})
_OWN_SUBSCRIPTIONS = frozenset(
    {
        Action.SUBSCRIBE,
        Action.READ_SUBSCRIPTION,
        Action.END_SUBSCRIPTION,
        Action.READ_DELIVERIES,
        Action.PULL_EVENTS,
    }
)

ALLOWED: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.THERAPIST: _INBOX,
        Role.SUPERVISOR: _INBOX,
        Role.COORDINATOR: _INBOX | {Action.SUBSCRIBE, Action.READ_SUBSCRIPTION},
        Role.PARTNER: _OWN_SUBSCRIPTIONS,
        Role.PRIVACY_OFFICER: frozenset(),
        Role.AUDITOR: frozenset(),
        Role.SERVICE: frozenset(),
    }
)
"""What is not here is forbidden; rows are bounded further, by network and by clinic or partner."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a verified token says. `partner` is set for partners only."""

    subject: UUID
    role: Role
    network: str
    clinics: frozenset[UUID]
    partner: UUID | None = None

    @property
    def only_own_items(self) -> bool:
        """Whether the inbox leaves out items for others: a therapist's does, a supervisor's does not."""
        return self.role is Role.THERAPIST

    def may(self, action: Action) -> bool:
        return action in ALLOWED[self.role]
