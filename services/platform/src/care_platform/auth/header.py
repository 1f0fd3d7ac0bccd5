"""The header of a token, judged before any key is looked for."""

from typing import Any

from care_platform.auth.json_parts import members
from care_platform.auth.jwks import ALGORITHMS
from care_platform.auth.refusals import TokenFault, Unauthenticated

TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""The accepted types of token, in lower case: the same keys sign others for other uses (RFC 8725, 3.11)."""


def read_header(part: bytes) -> dict[str, Any]:
    """The members of a token's first part, decoded; the algorithm is one that we accept.

    Raises `Unauthenticated`.
    """
    try:
        header = members(part)
    except (ValueError, RecursionError):
        raise Unauthenticated(TokenFault.HEADER_FORM) from None
    if "crit" in header:
        raise Unauthenticated(TokenFault.CRIT_NOT_TAKEN)
    if str(header.get("typ", "JWT")).lower() not in TYPES:
        raise Unauthenticated(TokenFault.TYP_UNKNOWN)
    if header.get("alg") not in ALGORITHMS:
        raise Unauthenticated(TokenFault.ALG_NOT_TAKEN)
    return header
