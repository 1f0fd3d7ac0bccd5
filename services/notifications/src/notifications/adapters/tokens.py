"""Who calls: verifies bearer tokens against a key file that may be replaced while we run."""

import base64
import json
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from notifications.application.access import Caller, Role

ALGORITHMS = ("EdDSA", "Ed25519", "RS256")
LEEWAY = 30
"""Seconds by which two clocks may differ."""
_LONGEST_TOKEN = 8 * 1024
_MOST_CACHED = 4096


class Unauthenticated(Exception):
    """No token, or none that we accept; deliberately without a reason for the caller."""


class NoKeys(Exception):
    """The key file cannot be read: no token can be judged now."""


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
        jwks_file: Path,
        issuer: str,
        audience: str,
        networks: Sequence[str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._file, self._issuer, self._audience = jwks_file, issuer, audience
        self._networks = frozenset(networks)
        self._now = now
        self._stamp: tuple[int, int] | None = None
        self._keys = KeySet([])
        self._known: dict[str, tuple[float, Caller]] = {}

    def verify(self, token: str) -> Caller:
        """Raises `Unauthenticated` or `NoKeys`."""
        self.refresh()
        known = self._known.get(token)
        if known is not None and self._now() < known[0] + LEEWAY:
            return known[1]
        claims = self._claims(token)
        caller = self._accepted(claims)
        if len(self._known) >= _MOST_CACHED:
            self._known.clear()
        self._known[token] = (claims.exp, caller)
        return caller

    def refresh(self) -> None:
        """Read the keys again if their file was replaced. Raises `NoKeys`."""
        try:
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._keys = KeySet.import_key_set(json.loads(self._file.read_bytes()))
                self._stamp = stamp
                self._known.clear()
        except (OSError, ValueError, KeyError, TypeError, JoseError):
            raise NoKeys from None

    def _claims(self, token: str) -> Claims:
        try:
            _refuse_ambiguity(token)
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", SecurityWarning
                )  # RFC 9864 renames EdDSA; issuers still say it
                decoded = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            return Claims.model_validate(decoded.claims)
        except (JoseError, ValidationError, ValueError, TypeError, KeyError, RecursionError):
            raise Unauthenticated from None

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


def _refuse_ambiguity(token: str) -> None:
    """Too long, not three parts, or a name twice in header or claims, which libraries read differently."""
    if len(token) > _LONGEST_TOKEN:
        raise Unauthenticated
    header, claims, _ = token.split(".")
    for part in (header, claims):
        text = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        json.loads(text, object_pairs_hook=_once_each)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Unauthenticated
    return dict(pairs)
