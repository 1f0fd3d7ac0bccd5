"""Bearer tokens: signed JWTs of a known issuer for this audience, and what they claim of the caller."""

import base64
import json
import re
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NoReturn, TypeVar
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from pydantic import BaseModel, ConfigDict, Field

from care_platform.auth.issuer_keys import IssuerKeys, NoKeys
from care_platform.auth.jwks import ALGORITHMS, PublicKey

C = TypeVar("C")

MAX_TOKEN = 8_192
"""Characters of a token."""
LEEWAY = 30
"""Seconds by which two clocks may differ."""
TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""Types of token we take, in lower case; the same keys sign others for other ends (RFC 8725, 3.11)."""
_MAX_REMEMBERED = 10_000
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_Id = Annotated[UUID, Field(strict=False)]


class Unauthenticated(Exception):
    """No token, or none that may be believed. The reason is for the caller and quotes no claim."""


class KeyUnknown(Unauthenticated):
    """The token names a key that is not among the issuer's: worth a look whether they were rotated."""


class Claims(BaseModel):
    """What a token must claim, and what it may: a claim that is null counts as absent.

    Times are whole seconds since 1970. `clinics` is None where the token says nothing of clinics.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)
    iss: str
    aud: str | list[str]
    exp: int
    nbf: int | None = None
    sub: _Id
    role: str
    network: str
    organisation: _Id | None = None
    clinics: list[_Id] | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must be of and for; `representing` are the roles that must name an organisation."""

    issuer: str
    audience: str
    networks: frozenset[str]
    roles: frozenset[str]
    representing: frozenset[str]


class Verifier(Generic[C]):
    """Tells the caller from a token. `caller` makes a service's own idea of a caller from the claims.

    What it made is remembered until the token expires or the issuer's keys change, because verifying a
    signature costs more than answering most requests.
    """

    def __init__(
        self,
        keys: IssuerKeys,
        expected: Expected,
        caller: Callable[[Claims], C],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._expected = expected
        self._caller = caller
        self._clock = clock
        self._verified: OrderedDict[str, tuple[int, C]] = OrderedDict()
        keys.on_change(self._verified.clear)

    async def authenticate(self, authorization: str | None) -> C:
        """The caller of a request with this `Authorization` header. A token that names an unknown key is
        judged again if the issuer's keys could be read anew. Raises `Unauthenticated` or `NoKeys`."""
        try:
            return self.caller(authorization)
        except KeyUnknown:
            if not await self._keys.renewed():
                raise
            return self.caller(authorization)

    def caller(self, authorization: str | None) -> C:
        """The caller, by the keys at hand. Raises `Unauthenticated`, also as `KeyUnknown`, or `NoKeys`."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("a bearer token is required")
        known = self._verified.get(token)
        if known is None:
            claims = self._verify(token)
            known = claims.exp, self._caller(claims)
            self._remember(token, known)
        expires, caller = known
        if self._clock() >= expires + LEEWAY:
            self._verified.pop(token, None)
            raise Unauthenticated("the token has expired")
        return caller

    def _verify(self, token: str) -> Claims:
        if len(token) > MAX_TOKEN:
            raise Unauthenticated("the token is too long")
        try:
            head, body, _ = (_decoded(part) for part in token.split("."))
            key = self._key(_members(head))
            with warnings.catch_warnings():  # RFC 9864 renames EdDSA; issuers still say it
                warnings.simplefilter("ignore", SecurityWarning)
                jwt.decode(token, key, algorithms=ALGORITHMS)
            claims = Claims.model_validate(_members(body))
        except (JoseError, ValueError, KeyError, TypeError, RecursionError):
            raise Unauthenticated("the token is not valid") from None
        self._check(claims)
        return claims

    def _key(self, header: dict[str, Any]) -> PublicKey:
        """The one key that must have signed the token."""
        if "crit" in header:
            raise Unauthenticated("the token asks for what this service does not know")
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise Unauthenticated("the token is of another type")
        keys = self._keys.current
        if keys is None:
            raise NoKeys
        kid = header.get("kid")
        if isinstance(kid, str) and not keys.knows(kid):
            raise KeyUnknown("the token names an unknown key")
        key = keys.fitting(header["alg"], kid)
        if key is None:
            raise Unauthenticated("no key of the issuer fits the token")
        return key

    def _check(self, claims: Claims) -> None:
        expected = self._expected
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        for holds, otherwise in (
            (claims.iss == expected.issuer, "the token is of another issuer"),
            (expected.audience in audiences, "the token is for another audience"),
            (claims.network in expected.networks, "the token is of another network"),
            (claims.role in expected.roles, "the token names no role of ours"),
            (claims.organisation or claims.role not in expected.representing, "the organisation is missing"),
            (claims.nbf is None or claims.nbf - LEEWAY <= self._clock(), "the token is not valid yet"),
        ):
            if not holds:
                raise Unauthenticated(otherwise)

    def _remember(self, token: str, known: tuple[int, C]) -> None:
        self._verified[token] = known
        if len(self._verified) > _MAX_REMEMBERED:
            self._verified.popitem(last=False)


def _decoded(part: str) -> bytes:
    """Base64url as RFC 7515 writes it: no padding, no foreign character. Bits to spare joserfc refuses."""
    if not _BASE64URL.fullmatch(part):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _members(part: bytes) -> dict[str, Any]:
    """The JSON object of a part. One that names a member twice could be understood in two ways: refused."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("named twice")
        return dict(pairs)

    read = json.loads(part.decode(), object_pairs_hook=once, parse_constant=_no_number)
    if not isinstance(read, dict):
        raise TypeError("not an object")
    return read


def _no_number(constant: str) -> NoReturn:
    raise ValueError("NaN and infinity are not JSON")
