"""Who may do what: one table, role × resource × action. What is not in it is forbidden.

Roles act within their network and clinics; a partner reads only what a live consent names.
"""

from collections.abc import Mapping
from types import MappingProxyType

from episodes.domain.refusals import NotAllowed
from episodes.domain.steps import COMMANDS

ROLES = ("therapist", "supervisor", "coordinator", "partner", "privacy_officer", "auditor", "service")
NETWORK_WIDE = frozenset({"service", "auditor", "privacy_officer"})
"""Roles that see every clinic of their network unless their token names some."""

_CLINICAL = frozenset({"therapist", "supervisor", "service"})
_DESK = _CLINICAL | {"coordinator"}
_STAFF = _DESK | {"auditor", "privacy_officer"}
_READERS = _STAFF | {"partner"}
_OFFICE = frozenset({"coordinator", "privacy_officer", "service"})

_AT_THE_DESK = frozenset(
    {
        "episodes",
        "treatment-consents",
        "treatment-consents/{about}/withdrawal",
        "missed-sessions",
        "sharing-consents",
        "sharing-consents/{about}/withdrawal",
        "referrals",
        "referrals/{about}/withdrawal",
        "transfers",
        "hold",
        "resumption",
    }
)
_OF_THE_CLIENT = frozenset({"clients/{client}/sharing-withdrawals"})
_BY_PARTNERS = frozenset({"referrals/{about}/answer", "partner-reports"})
_OF_CLIENTS_RIGHTS = frozenset({"supervisor", "privacy_officer", "service"})


def _writers(resource: str) -> frozenset[str]:
    """Who may record a step of care."""
    if resource in _BY_PARTNERS:
        return _DESK | {"partner"}
    if resource in _OF_THE_CLIENT:
        return _DESK | {"privacy_officer"}
    if resource == "events/{about}/amendment-refusal":
        return _OF_CLIENTS_RIGHTS
    return _DESK if resource in _AT_THE_DESK else _CLINICAL


ACCESS: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        **{(step.resource, "write"): _writers(step.resource) for step in COMMANDS},
        ("episodes", "read"): _READERS,
        ("episodes", "list"): _STAFF,
        ("events", "read"): _READERS,
        ("history", "read"): _STAFF,
        ("feed", "read"): frozenset({"service", "auditor"}),
        ("disclosure-decisions", "write"): frozenset({"service"}),
        ("clients", "read"): _STAFF,
        ("clients", "write"): _DESK | {"privacy_officer"},
        ("clients", "delete"): frozenset({"privacy_officer"}),
        ("clinics", "read"): _READERS,
        ("clinics", "write"): _OFFICE,
        ("staff", "read"): _STAFF,
        ("staff", "write"): _OFFICE,
        ("partners", "read"): _READERS,
        ("partners", "write"): _OFFICE,
    }
)


def allow(role: str, resource: str, action: str) -> None:
    """Refuses what the table does not grant."""
    if role not in ACCESS.get((resource, action), frozenset()):
        raise NotAllowed("role-not-allowed")
