"""Bearer tokens: signed JWTs of a known issuer for this audience, and their claims about the caller."""

import time
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError, SecurityWarning

from care_platform.auth.claims import Claims, Expected, check, read_claims
from care_platform.auth.header import read_header
from care_platform.auth.issuer_keys import IssuerKeys, NoKeys
from care_platform.auth.json_parts import decoded
from care_platform.auth.jwks import ALGORITHMS, Jwks, PublicKey
from care_platform.auth.refusals import LEEWAY, MAX_TOKEN, KeyUnknown, TokenFault, Unauthenticated

C = TypeVar("C")

_MAX_REMEMBERED = 10_000


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
        self._verified: OrderedDict[str, tuple[float, C]] = OrderedDict()
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
            raise Unauthenticated(TokenFault.NO_TOKEN)
        known = self._verified.get(token)
        if known is None:
            claims = self._verify(token)
            known = claims.exp, self._caller(claims)
            self._remember(token, known)
        expires, caller = known
        if self._clock() >= expires + LEEWAY:
            self._verified.pop(token, None)
            raise Unauthenticated(TokenFault.EXP_PASSED)
        return caller

    def _verify(self, token: str) -> Claims:
        if len(token) > MAX_TOKEN:
            raise Unauthenticated(TokenFault.TOO_LONG)
        head, body = _parts(token)
        _check_signature(token, self._key(read_header(head)))
        claims = read_claims(body)
        check(claims, self._expected, self._clock())
        return claims

    def _key(self, header: dict[str, Any]) -> PublicKey:
        """The only key that can have signed the token. Raises `Unauthenticated`, `KeyUnknown` or `NoKeys`."""
        keys = self._keys.current
        if keys is None:
            raise NoKeys
        kid = header.get("kid")
        if not isinstance(kid, str) and "kid" in header:
            raise Unauthenticated(TokenFault.KID_FORM)
        fitting = keys.fitting(header["alg"], kid)
        if len(fitting) != 1:
            raise _no_key(keys, kid, several=len(fitting) > 1)
        return fitting[0]

    def _remember(self, token: str, known: tuple[float, C]) -> None:
        self._verified[token] = known
        if len(self._verified) > _MAX_REMEMBERED:
            self._verified.popitem(last=False)


def _parts(token: str) -> tuple[bytes, bytes]:
    """Header and claims, decoded. Raises `Unauthenticated`."""
    try:
        head, body, _ = (decoded(part) for part in token.split("."))
    except ValueError:
        raise Unauthenticated(TokenFault.FORM) from None
    return head, body


def _no_key(keys: Jwks, kid: str | None, *, several: bool) -> Unauthenticated:
    """Why not exactly one key fits. If none does, the issuer may have rotated its keys."""
    if kid is None:
        return (Unauthenticated if several else KeyUnknown)(TokenFault.KID_MISSING)
    if several:
        return Unauthenticated(TokenFault.KID_AMBIGUOUS)
    if keys.knows(kid):
        return Unauthenticated(TokenFault.ALG_NOT_OF_KEY)
    return KeyUnknown(TokenFault.KID_UNKNOWN)


def _check_signature(token: str, key: PublicKey) -> None:
    try:
        with warnings.catch_warnings():  # RFC 9864 renames EdDSA; issuers still use the old name
            warnings.simplefilter("ignore", SecurityWarning)
            jws.deserialize_compact(token, key, algorithms=ALGORITHMS)
    except BadSignatureError:
        raise Unauthenticated(TokenFault.SIGNATURE) from None
    except (JoseError, ValueError, TypeError):
        raise Unauthenticated(TokenFault.HEADER_MEMBER) from None
