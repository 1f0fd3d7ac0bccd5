"""Bearer tokens: signed JWTs of a known issuer for this audience, and the caller they speak of."""

import base64
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field

from episodes.application.access import NETWORK_WIDE
from episodes.application.commands import Caller
from episodes.domain.envelope import Actor

ALGORITHMS = ["EdDSA", "Ed25519", "RS256"]
"""EdDSA is what issuers still send; its new name is Ed25519 (RFC 9864), which the library warns of."""
LONGEST_TOKEN = 8_192
LEEWAY = 30
"""Seconds two clocks may differ."""
_KEPT = 10_000
_Id = Annotated[UUID, Field(strict=False)]


class Unauthenticated(Exception):
    """No token, or none that may be believed. The reason is for the caller and names no claim's value."""


class Claims(BaseModel):
    """What a token must say. Times are whole seconds since 1970."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)
    iss: str
    aud: str | list[str]
    exp: int
    nbf: int | None = None
    sub: _Id
    role: Literal[
        "therapist", "supervisor", "coordinator", "partner", "privacy_officer", "auditor", "service"
    ]
    network: str
    organisation: _Id | None = None
    clinics: list[_Id] | None = None


class Tokens:
    """Verifies tokens. A verified one is remembered until it expires: signatures cost more than commands."""

    def __init__(
        self,
        keys: KeySet,
        issuer: str,
        audience: str,
        networks: Collection[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._networks = frozenset(networks)
        self._clock = clock
        self._verified: OrderedDict[str, tuple[int, Caller]] = OrderedDict()

    def caller(self, authorization: str | None) -> Caller:
        """The caller of a request. Raises `Unauthenticated`."""
        if authorization is None or not authorization.startswith("Bearer "):
            raise Unauthenticated("a bearer token is required")
        token = authorization.removeprefix("Bearer ")
        known = self._verified.get(token)
        if known is None:
            known = self._verify(token)
            self._remember(token, known)
        expires, caller = known
        if expires + LEEWAY < self._clock():
            self._verified.pop(token, None)
            raise Unauthenticated("the token has expired")
        return caller

    def _verify(self, token: str) -> tuple[int, Caller]:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated("the token is too long")
        try:
            jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            header, claims = map(_said_once, token.split(".")[:2])
            if header.get("crit") is not None:
                raise Unauthenticated("the token asks for what this service does not know")
            read = Claims.model_validate(claims)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError):
            raise Unauthenticated("the token is not valid") from None
        self._check(read)
        return read.exp, _caller(read)

    def _check(self, claims: Claims) -> None:
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self._issuer:
            raise Unauthenticated("the token is of another issuer")
        if self._audience not in audiences:
            raise Unauthenticated("the token is for another audience")
        if claims.network not in self._networks:
            raise Unauthenticated("the token is of another network")
        if claims.nbf is not None and claims.nbf - LEEWAY > self._clock():
            raise Unauthenticated("the token is not valid yet")

    def _remember(self, token: str, known: tuple[int, Caller]) -> None:
        self._verified[token] = known
        if len(self._verified) > _KEPT:
            self._verified.popitem(last=False)


def _said_once(part: str) -> dict[str, Any]:
    """A part of a token. One that says a thing twice could be understood in two ways: refused."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("said twice")
        return dict(pairs)

    read = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=members)
    if not isinstance(read, dict):
        raise TypeError("not an object")
    return read


def _caller(claims: Claims) -> Caller:
    whole_network = claims.clinics is None and claims.role in NETWORK_WIDE
    return Caller(
        actor=Actor(id=claims.sub, role=claims.role, organisation=claims.organisation),
        network=claims.network,
        clinics=None if whole_network else frozenset(claims.clinics or ()),
    )


def key_set(jwks_file: Path) -> KeySet:
    """The issuer's public keys."""
    document: Mapping[str, Any] = json.loads(jwks_file.read_text())
    return KeySet.import_key_set(dict(document))  # type: ignore[arg-type]
