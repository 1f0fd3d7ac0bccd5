"""Who calls: verifies bearer tokens against the issuer's keys, which may rotate while we run."""

import base64
import json
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from care_platform.auth.issuer_keys import IssuerKeys, NoKeys
from care_platform.auth.jwks import ALGORITHMS, PublicKey
from notifications.access import Caller, Role

LEEWAY = 30
"""Seconds by which two clocks may differ."""
TYPES = frozenset({"jwt", "at+jwt"})
"""Of tokens, in lower case; others are signed by the same keys for other ends (RFC 8725, 3.11)."""
_LONGEST_TOKEN = 8 * 1024
_MOST_CACHED = 4096


class Unauthenticated(Exception):
    """No token, or none that we accept; deliberately without a reason for the caller."""


class KeyUnknown(Unauthenticated):
    """The token names a key that is not among the issuer's: worth a look whether they were rotated."""


AnyUUID = Annotated[UUID, Field(strict=False)]


class Claims(BaseModel):
    """What a token must say, each of its type."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)
    iss: str
    aud: str | list[str]
    exp: int
    nbf: int = 0
    sub: AnyUUID
    role: Annotated[Role, Field(strict=False)]
    network: str
    organisation: AnyUUID | None = None
    clinics: list[AnyUUID] = []


class TokenVerifier:
    """A verified token is remembered until it expires or the keys change."""

    def __init__(
        self,
        keys: IssuerKeys,
        issuer: str,
        audience: str,
        networks: Sequence[str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience
        self._networks = frozenset(networks)
        self._now = now
        self._known: dict[str, tuple[float, Caller]] = {}
        keys.on_change(self._known.clear)

    def verify(self, token: str) -> Caller:
        """Raises `Unauthenticated`, also as `KeyUnknown`, or `NoKeys`."""
        known = self._known.get(token)
        if known is not None and self._now() < known[0] + LEEWAY:
            return known[1]
        claims = self._claims(token)
        caller = self._accepted(claims)
        if len(self._known) >= _MOST_CACHED:
            self._known.clear()
        self._known[token] = (claims.exp, caller)
        return caller

    def _claims(self, token: str) -> Claims:
        try:
            key = self._key(_header(token))
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", SecurityWarning
                )  # RFC 9864 renames EdDSA; issuers still say it
                decoded = jwt.decode(token, key, algorithms=ALGORITHMS)
            return Claims.model_validate(decoded.claims)
        except (JoseError, ValidationError, ValueError, TypeError, KeyError, RecursionError):
            raise Unauthenticated from None

    def _key(self, header: dict[str, Any]) -> PublicKey:
        """The one the token must be signed with."""
        keys, kid = self._keys.current, header.get("kid")
        if keys is None:
            raise NoKeys
        if isinstance(kid, str) and not keys.knows(kid):
            raise KeyUnknown
        key = keys.fitting(header["alg"], kid)
        if key is None or str(header.get("typ", "JWT")).lower() not in TYPES:
            raise Unauthenticated
        return key

    def _accepted(self, claims: Claims) -> Caller:
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        accepted = (
            claims.iss == self._issuer
            and self._audience in audiences
            and claims.nbf - LEEWAY <= self._now() < claims.exp + LEEWAY
            and claims.network in self._networks
        )
        if not accepted:
            raise Unauthenticated
        return _caller(claims)


def _caller(claims: Claims) -> Caller:
    """A partner's organisation is its partner id."""
    partner = claims.organisation if claims.role is Role.PARTNER else None
    if claims.role is Role.PARTNER and partner is None:
        raise Unauthenticated
    return Caller(claims.sub, claims.role, claims.network, frozenset(claims.clinics), partner)


def _header(token: str) -> dict[str, Any]:
    """Refuses what is too long, not three parts, or says a name twice, which libraries read differently."""
    if len(token) > _LONGEST_TOKEN:
        raise Unauthenticated
    header, claims, _ = token.split(".")
    read, _ = _read_once(header), _read_once(claims)
    if not isinstance(read, dict):
        raise Unauthenticated
    return read


def _read_once(part: str) -> Any:
    text = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    return json.loads(text, object_pairs_hook=_once_each)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Unauthenticated
    return dict(pairs)
