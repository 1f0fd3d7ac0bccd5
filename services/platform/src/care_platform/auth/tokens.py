"""Bearer tokens: signed JWTs of a known issuer for this audience, and their claims about the caller."""

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
"""The maximum length of a token, in characters."""
LEEWAY = 30
"""How far, in seconds, two clocks may differ."""
TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""The accepted types of token, in lower case: the same keys sign others for other uses (RFC 8725, 3.11)."""
_MAX_REMEMBERED = 10_000
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_Id = Annotated[UUID, Field(strict=False)]


class Unauthenticated(Exception):
    """There is no token, or it is not valid. The reason is shown to the caller and quotes no claim."""


class KeyUnknown(Unauthenticated):
    """The token names an unknown key: the issuer may have rotated its keys."""


class Claims(BaseModel):
    """The claims that a token must have, and those it may have. A claim that is null counts as absent.

    Times are whole seconds since 1970. `clinics` is None if the token names none.
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
    """The values that a token must match. A role in `representing` must name an organisation."""

    issuer: str
    audience: str
    networks: frozenset[str]
    roles: frozenset[str]
    representing: frozenset[str]


class Verifier(Generic[C]):
    """Verifies tokens. The function `caller` builds a service's own type of caller from the claims.

    Callers are cached until their token expires or the issuer's keys change, because verifying a signature
    costs more than answering most requests.
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
        verified again after a refresh of the issuer's keys. Raises `Unauthenticated` or `NoKeys`."""
        try:
            return self.caller(authorization)
        except KeyUnknown:
            if not await self._keys.renewed():
                raise
            return self.caller(authorization)

    def caller(self, authorization: str | None) -> C:
        """The caller, by the current keys. Raises `Unauthenticated`, also as `KeyUnknown`, or `NoKeys`."""
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
            with warnings.catch_warnings():  # RFC 9864 renames EdDSA; issuers still use the old name
                warnings.simplefilter("ignore", SecurityWarning)
                jwt.decode(token, key, algorithms=ALGORITHMS)
            claims = Claims.model_validate(_members(body))
        except (JoseError, ValueError, KeyError, TypeError, RecursionError):
            raise Unauthenticated("the token is not valid") from None
        self._check(claims)
        return claims

    def _key(self, header: dict[str, Any]) -> PublicKey:
        """The only key that can have signed the token. Raises `Unauthenticated`, `KeyUnknown` or `NoKeys`."""
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
    """Decode base64url as in RFC 7515: no padding, no other characters. joserfc refuses unused bits."""
    if not _BASE64URL.fullmatch(part):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _members(part: bytes) -> dict[str, Any]:
    """The JSON object of a part. One with a duplicate member is refused, because it is ambiguous."""

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
