"""Who may do what: the actions that each role allows, and the caller as its token describes it."""

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
    """What a caller may ask of this service. Health and the explanations of problems need no permission."""

    SUBSCRIBE = "subscribe"
    READ_SUBSCRIPTION = "read subscription"
    END_SUBSCRIPTION = "end subscription"
    CONFIRM_ADDRESS = "confirm address"
    ASK_FOR_CHALLENGE = "ask for challenge"
    REPLACE_SECRET = "replace secret"
    REACTIVATE = "reactivate"
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
        Action.CONFIRM_ADDRESS,
        Action.ASK_FOR_CHALLENGE,
        Action.REPLACE_SECRET,
        Action.REACTIVATE,
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
"""Any other action is forbidden. Queries restrict rows to the network, and to clinics or a partner."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The claims of a verified token. `partner` is set for partners only."""

    subject: UUID
    role: Role
    network: str
    clinics: frozenset[UUID]
    partner: UUID | None = None

    @property
    def only_own_items(self) -> bool:
        """Whether the inbox omits items addressed to others: true for a therapist alone."""
        return self.role is Role.THERAPIST

    def may(self, action: Action) -> bool:
        return action in ALLOWED[self.role]
