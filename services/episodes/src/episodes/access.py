"""Who may do what: one table, role × resource × action. What is not in it is forbidden.

Roles act within their network and clinics; a partner reads only what a live consent names.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from episodes.domain.event import Actor
from episodes.domain.refusals import NotAllowed
from episodes.domain.roles import DESK, DESK_OR_PRIVACY, OFFICE, OVERSIGHT, PRIVACY, READERS, STAFF, Role
from episodes.domain.vocabulary import COMMANDS
from episodes.turns import Asker

NETWORK_WIDE = frozenset({Role.SERVICE, Role.AUDITOR, Role.PRIVACY_OFFICER})
"""Roles that see every clinic of their network unless their token names some."""

ACCESS: Mapping[tuple[str, str], frozenset[Role]] = MappingProxyType(
    {
        **{(step.resource, "write"): step.who for step in COMMANDS},
        ("episodes", "read"): READERS,
        ("episodes", "list"): STAFF,
        ("events", "read"): READERS,
        ("history", "read"): STAFF,
        ("feed", "read"): frozenset({Role.SERVICE, Role.AUDITOR}),
        ("published-events", "read"): frozenset({Role.SERVICE}),
        ("published-sequences", "read"): frozenset({Role.SERVICE}),
        ("disclosure-decisions", "write"): frozenset({Role.SERVICE}),
        ("clients", "read"): STAFF,
        ("clients", "write"): DESK_OR_PRIVACY,
        ("clients", "delete"): frozenset({Role.PRIVACY_OFFICER}),
        ("clients", "register"): DESK_OR_PRIVACY,
        ("clients", "identify"): DESK,
        ("clinics", "read"): READERS,
        ("clinics", "write"): OFFICE,
        ("staff", "read"): STAFF,
        ("staff", "write"): OFFICE,
        ("partners", "read"): READERS,
        ("partners", "write"): PRIVACY,
        **{(resource, "history"): OVERSIGHT for resource in ("clients", "clinics", "staff", "partners")},
    }
)


def allow(role: str, resource: str, action: str) -> None:
    """Refuses what the table does not grant."""
    if role not in ACCESS.get((resource, action), frozenset()):
        raise NotAllowed("role-not-allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: the actor, its network, and the clinics it may act for (none named: all of the network)."""

    actor: Actor
    network: str
    clinics: frozenset[UUID] | None

    @property
    def partner(self) -> UUID | None:
        """The partner this caller speaks for: its organisation, which every partner's token names."""
        if self.actor.role != Role.PARTNER:
            return None
        assert self.actor.organisation is not None, "a partner without organisation"
        return self.actor.organisation

    @property
    def line(self) -> Asker:
        """In whose line its requests wait."""
        return self.network, self.actor

    def may_act_for(self, clinic: UUID) -> bool:
        return self.clinics is None or clinic in self.clinics

    def reaches(self, registered: Collection[UUID]) -> bool:
        """Whether a client registered at these clinics is one of the caller's. One registered nowhere is left
        to the privacy officer and to services of the whole network.
        """
        if self.clinics is None:
            return bool(registered) or self.actor.role in PRIVACY
        return not self.clinics.isdisjoint(registered)
