"""The callers of this service, built from the claims of their tokens."""

from collections.abc import Collection

from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.tokens import Claims, Expected, Verifier
from notifications.access import Caller, Role


def verifier(keys: IssuerKeys, issuer: str, audience: str, networks: Collection[str]) -> Verifier[Caller]:
    """The verifier of this service's tokens. A partner's token names its organisation, the partner's id."""
    expected = Expected(
        issuer=issuer,
        audience=audience,
        networks=frozenset(networks),
        roles=frozenset(Role),
        representing=frozenset({Role.PARTNER}),
    )
    return Verifier(keys, expected, caller)


def caller(claims: Claims) -> Caller:
    """A caller acts within the clinics its token names, and a partner for its organisation."""
    role = Role(claims.role)
    partner = claims.organisation if role is Role.PARTNER else None
    return Caller(claims.sub, role, claims.network, frozenset(claims.clinics or ()), partner)
