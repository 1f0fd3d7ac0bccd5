"""The roles of callers, and the groups of them that the vocabulary names."""

from enum import StrEnum


class Role(StrEnum):
    """What a caller's token says it is."""

    THERAPIST = "therapist"
    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"
    PARTNER = "partner"
    PRIVACY_OFFICER = "privacy_officer"
    AUDITOR = "auditor"
    SERVICE = "service"


CLINICAL = frozenset({Role.THERAPIST, Role.SUPERVISOR, Role.SERVICE})
"""Who may record what was found and done."""

DESK = CLINICAL | {Role.COORDINATOR}
"""Who may record what needs no clinical judgement."""

DESK_OR_PARTNER = DESK | {Role.PARTNER}
DESK_OR_PRIVACY = DESK | {Role.PRIVACY_OFFICER}

CLIENTS_RIGHTS = frozenset({Role.SUPERVISOR, Role.PRIVACY_OFFICER, Role.SERVICE})
"""Who may refuse a client's wish for a correction."""

STAFF = DESK | {Role.AUDITOR, Role.PRIVACY_OFFICER}
READERS = STAFF | {Role.PARTNER}
PRIVACY = frozenset({Role.PRIVACY_OFFICER, Role.SERVICE})
"""Who keeps partners, whose numbers clients have, and what is registered nowhere."""

OVERSIGHT = PRIVACY | {Role.SUPERVISOR, Role.AUDITOR}
"""Who may see what was changed in the directory."""

OFFICE = frozenset({Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.SERVICE})
"""Who keeps the directory of clinics and staff."""
