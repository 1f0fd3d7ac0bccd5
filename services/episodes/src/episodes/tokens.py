"""The callers of this service, as the claims of their tokens say."""

from care_platform.auth.claims import Claims, Expected
from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.tokens import Verifier
from episodes.access import NETWORK_WIDE, Caller
from episodes.config import Settings
from episodes.domain.event import Actor
from episodes.domain.roles import Role


def verifier(keys: IssuerKeys, settings: Settings) -> Verifier[Caller]:
    """The verifier of tokens for this service. A partner's token names its organisation, the partner's id."""
    expected = Expected(
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        lifetime=settings.token_seconds,
        networks=frozenset(settings.networks),
        roles=frozenset(Role),
        representing=frozenset({"partner"}),
    )
    return Verifier(keys, expected, caller)


def caller(claims: Claims) -> Caller:
    """Roles of the whole network see every clinic unless their token names some; others see those named."""
    whole_network = claims.clinics is None and claims.role in NETWORK_WIDE
    return Caller(
        actor=Actor(id=claims.sub, role=claims.role, organisation=claims.organisation),
        network=claims.network,
        clinics=None if whole_network else frozenset(claims.clinics or ()),
    )
