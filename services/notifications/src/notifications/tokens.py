"""The callers of this service, built from the claims of their tokens."""

from care_platform.auth.claims import Claims, Expected
from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.tokens import Verifier
from notifications.access import Caller, Role
from notifications.config import Settings


def verifier(keys: IssuerKeys, settings: Settings) -> Verifier[Caller]:
    """The verifier of this service's tokens. A partner's token names its organisation, the partner's id."""
    expected = Expected(
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        lifetime=settings.token_seconds,
        networks=frozenset(settings.networks),
        roles=frozenset(Role),
        representing=frozenset({Role.PARTNER}),
    )
    return Verifier(keys, expected, caller)


def caller(claims: Claims) -> Caller:
    """A caller acts within the clinics its token names, and a partner for its organisation."""
    role = Role(claims.role)
    partner = claims.organisation if role is Role.PARTNER else None
    return Caller(claims.sub, role, claims.network, frozenset(claims.clinics or ()), partner)
