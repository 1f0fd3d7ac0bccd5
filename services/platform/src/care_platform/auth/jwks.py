"""The keys of an issuer's JWKS document (RFC 7517) that we accept: public keys that verify signatures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey, RSAKey
from joserfc.util import base64_to_int

PublicKey = OKPKey | RSAKey
LARGEST = 64 * 1024
"""The maximum size of a document, in bytes."""
LEAST_RSA_BITS = 2048
_FAMILY: Mapping[str, str] = MappingProxyType({"EdDSA": "Ed25519", "Ed25519": "Ed25519", "RS256": "RS256"})
"""The accepted algorithms. Issuers still send EdDSA; its new name is Ed25519 (RFC 9864)."""
ALGORITHMS = tuple(_FAMILY)
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class Unusable(Exception):
    """The document cannot be used. The reason quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Equal if name, family and key material are, so that reformatting a document is no rotation."""

    kid: str | None
    family: str
    thumbprint: str


@dataclass(frozen=True, slots=True)
class Jwks:
    """The usable keys of one document."""

    keys: Mapping[_Entry, PublicKey]

    def knows(self, kid: str) -> bool:
        return any(entry.kid == kid for entry in self.keys)

    def fitting(self, algorithm: str, kid: str | None) -> PublicKey | None:
        """The only key with that algorithm and name (None: any name); None unless exactly one fits."""
        family = _FAMILY.get(algorithm)
        fits = [it for it in self.keys if it.family == family and (kid is None or it.kid == kid)]
        return self.keys[fits[0]] if len(fits) == 1 else None


def read_jwks(document: bytes) -> Jwks:
    """The usable keys of a document: none of another kind or use, symmetric, too short or private.

    Raises `Unusable`.
    """
    if len(document) > LARGEST:
        raise Unusable("the document is too large")
    try:
        read = json.loads(document)
    except (ValueError, RecursionError):
        raise Unusable("the document is not JSON") from None
    if not isinstance(read, dict) or not isinstance(read.get("keys"), list):
        raise Unusable("the document is no JWKS")
    keys = dict(pair for entry in read["keys"] if (pair := _usable(entry)) is not None)
    if not keys:
        raise Unusable("the document has no public key of a kind we use")
    return Jwks(MappingProxyType(keys))


def _usable(entry: Any) -> tuple[_Entry, PublicKey] | None:
    try:
        if not _for_signatures(entry):
            return None
        family, key = _imported(entry)
        if _FAMILY[entry.get("alg", family)] != family:
            return None
        return _Entry(entry.get("kid"), family, key.thumbprint()), key
    except (JoseError, AttributeError, KeyError, TypeError, ValueError):
        return None


def _for_signatures(entry: Any) -> bool:
    """A key published with its private part is compromised, and treated as removed."""
    return (
        not _PRIVATE & entry.keys()
        and isinstance(entry.get("kid"), str | None)
        and entry.get("use", "sig") == "sig"
        and "verify" in entry.get("key_ops", ["verify"])
    )


def _imported(entry: Mapping[str, Any]) -> tuple[str, PublicKey]:
    """The key, from its public members alone. Raises for a kind of key that we do not use."""
    match entry:
        case {"kty": "OKP", "crv": "Ed25519", "x": str(x)}:
            return "Ed25519", OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
        case {"kty": "RSA", "n": str(n), "e": str(e)}:
            if base64_to_int(n).bit_length() < LEAST_RSA_BITS:
                raise ValueError("short")
            return "RS256", RSAKey.import_key({"kty": "RSA", "n": n, "e": e})
        case _:
            raise ValueError("another kind")
