"""The claims of a token: read strictly, then judged by what this service expects and by the clock."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from care_platform.auth.json_parts import members
from care_platform.auth.refusals import LEEWAY, TokenFault, Unauthenticated

_Id = Annotated[UUID, Field(strict=False)]
_Seconds = Annotated[float, Field(allow_inf_nan=False)]
"""A NumericDate (RFC 7519, section 2): seconds since 1970, which may have decimals."""


class Claims(BaseModel):
    """The claims that a token must have, and those it may have. A claim that is null counts as absent.

    `clinics` is None if the token names none.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)
    iss: str
    aud: str | list[str]
    exp: _Seconds
    nbf: _Seconds | None = None
    iat: _Seconds | None = None
    sub: _Id
    role: str
    network: str
    organisation: _Id | None = None
    clinics: list[_Id] | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """The values that a token must match. A role in `representing` must name an organisation.

    `lifetime` is how many seconds after its issue a token may expire at most.
    """

    issuer: str
    audience: str
    networks: frozenset[str]
    roles: frozenset[str]
    representing: frozenset[str]
    lifetime: float = 24 * 3600


def read_claims(part: bytes) -> Claims:
    """The claims of a token's second part, decoded. Raises `Unauthenticated`."""
    try:
        said = members(part)
    except (ValueError, RecursionError):
        raise Unauthenticated(TokenFault.CLAIMS_FORM) from None
    try:
        return Claims.model_validate(said)
    except ValidationError as error:
        claim = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
    required = Claims.model_fields[claim].is_required()
    raise Unauthenticated(TokenFault.of(claim, "missing" if required and said.get(claim) is None else "form"))


def check(claims: Claims, expected: Expected, now: float) -> None:
    """Judges all but `exp-passed`, which is judged at each use. Raises `Unauthenticated`."""
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    latest = now + LEEWAY
    begins = latest if claims.iat is None else claims.iat
    for holds, otherwise in (
        (claims.iss == expected.issuer, TokenFault.ISS_UNKNOWN),
        (expected.audience in audiences, TokenFault.AUD_OTHER),
        (claims.network in expected.networks, TokenFault.NETWORK_UNKNOWN),
        (claims.role in expected.roles, TokenFault.ROLE_UNKNOWN),
        (claims.organisation or claims.role not in expected.representing, TokenFault.ORGANISATION_MISSING),
        (claims.nbf is None or claims.nbf <= latest, TokenFault.NBF_AHEAD),
        (claims.iat is None or claims.iat <= latest, TokenFault.IAT_AHEAD),
        (claims.exp - begins <= expected.lifetime, TokenFault.EXP_TOO_FAR),
    ):
        if not holds:
            raise Unauthenticated(otherwise)
