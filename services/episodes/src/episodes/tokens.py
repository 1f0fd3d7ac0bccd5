"""Bearer tokens: signed JWTs of a known issuer for this audience, and the caller they speak of."""

import base64
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, Field

from episodes.access import NETWORK_WIDE, Caller
from episodes.domain.event import Actor
from episodes.issuer_keys import IssuerKeys, NoKeys
from episodes.jwks import ALGORITHMS, PublicKey

MAX_TOKEN = 8_192
LEEWAY = 30
"""Seconds two clocks may differ."""
TYPES = frozenset({"jwt", "at+jwt"})
"""Of tokens, in lower case; others are signed by the same keys for other ends (RFC 8725, 3.11)."""
_KEPT = 10_000
_Id = Annotated[UUID, Field(strict=False)]


class Unauthenticated(Exception):
    """No token, or none that may be believed. The reason is for the caller and names no claim's value."""


class KeyUnknown(Unauthenticated):
    """The token names a key that is not among the issuer's: worth a look whether `keys` were rotated."""

    def __init__(self, keys: IssuerKeys) -> None:
        super().__init__("the token names an unknown key")
        self.keys = keys


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
    """Verifies tokens. A verified one is remembered until it expires or the issuer's keys change, because
    signatures cost more than commands."""

    def __init__(
        self,
        keys: IssuerKeys,
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
        keys.on_change(self._verified.clear)

    def caller(self, authorization: str | None) -> Caller:
        """The caller of a request. Raises `Unauthenticated`, also as `KeyUnknown`, or `NoKeys`."""
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
        if len(token) > MAX_TOKEN:
            raise Unauthenticated("the token is too long")
        try:
            head, body, _ = token.split(".")
            jwt.decode(token, self._key(_said_once(head)), algorithms=ALGORITHMS)
            read = Claims.model_validate(_said_once(body))
        except (JoseError, ValueError, KeyError, TypeError, RecursionError):
            raise Unauthenticated("the token is not valid") from None
        self._check(read)
        return read.exp, _caller(read)

    def _key(self, header: dict[str, Any]) -> PublicKey:
        if header.get("crit") is not None:
            raise Unauthenticated("the token asks for what this service does not know")
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise Unauthenticated("the token is of another type")
        keys = self._keys.current
        if keys is None:
            raise NoKeys
        kid = header.get("kid")
        if isinstance(kid, str) and not keys.knows(kid):
            raise KeyUnknown(self._keys)
        key = keys.fitting(header["alg"], kid)
        if key is None:
            raise Unauthenticated("no key of the issuer fits the token")
        return key

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
