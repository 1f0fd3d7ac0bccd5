"""The keys of an issuer's JWKS document (RFC 7517) that we accept: public keys that verify signatures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import base64_to_int

PublicKey = OKPKey | ECKey | RSAKey
LARGEST = 64 * 1024
"""The maximum size of a document, in bytes."""
LEAST_RSA_BITS = 2048
"""NIST SP 800-131A, revision 2, section 3."""
MADE_FOR_DEVELOPMENT = "development-"
"""How the name of a key begins that this product made. Whoever reads its files can sign with it."""
_EDWARDS = frozenset({"EdDSA", "Ed25519"})
"""Two names of one algorithm: issuers still send the older one (RFC 9864)."""
_ECDSA = frozenset({"ES256"})
_RSA = frozenset({"RS256", "PS256"})
ALGORITHMS = tuple(sorted(_EDWARDS | _ECDSA | _RSA))
"""The accepted algorithms."""
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class Unusable(Exception):
    """The document cannot be used. The reason quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Equal if name, algorithms and key material are, so that reformatting a document is no rotation."""

    kid: str | None
    algorithms: frozenset[str]
    thumbprint: str


@dataclass(frozen=True, slots=True)
class Jwks:
    """The usable keys of one document. `left_out` counts those that were made for development."""

    keys: Mapping[_Entry, PublicKey]
    left_out: int = 0

    def knows(self, kid: str) -> bool:
        return any(entry.kid == kid for entry in self.keys)

    def fitting(self, algorithm: str, kid: str | None) -> list[PublicKey]:
        """The keys with that algorithm and name (None: any name)."""
        return [
            key
            for entry, key in self.keys.items()
            if algorithm in entry.algorithms and (kid is None or entry.kid == kid)
        ]


def read_jwks(document: bytes, *, development: bool = False) -> Jwks:
    """The usable keys of a document: none of another kind or use, symmetric, too short or private, and only
    in development any made for it. A document without any entry is taken at its word: no key is valid.

    Raises `Unusable`, also for a document whose entries are all unusable.
    """
    entries = _entries(document)
    made_here = [] if development else [entry for entry in entries if _made_for_development(entry)]
    keys = dict(pair for it in entries if it not in made_here and (pair := _usable(it)) is not None)
    if entries and not keys:
        raise Unusable("the document has no public key of a kind we use")
    return Jwks(MappingProxyType(keys), len(made_here))


def holds_development_key(document: bytes) -> bool:
    """Whether a document has a key that was made for development. False if it cannot be read."""
    try:
        return any(_made_for_development(entry) for entry in _entries(document))
    except Unusable:
        return False


def _entries(document: bytes) -> list[Any]:
    if len(document) > LARGEST:
        raise Unusable("the document is too large")
    try:
        read = json.loads(document)
    except (ValueError, RecursionError):
        raise Unusable("the document is not JSON") from None
    if not isinstance(read, dict) or not isinstance(read.get("keys"), list):
        raise Unusable("the document is no JWKS")
    entries: list[Any] = read["keys"]
    return entries


def _made_for_development(entry: Any) -> bool:
    return isinstance(entry, dict) and str(entry.get("kid")).startswith(MADE_FOR_DEVELOPMENT)


def _usable(entry: Any) -> tuple[_Entry, PublicKey] | None:
    try:
        if not _for_signatures(entry):
            return None
        algorithms, key = _imported(entry)
        if "alg" in entry:
            algorithms = _meant(entry["alg"], algorithms)
        return _Entry(entry.get("kid"), algorithms, key.thumbprint()), key
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


def _imported(entry: Mapping[str, Any]) -> tuple[frozenset[str], PublicKey]:
    """The algorithms that fit the key, and the key from its public members alone. Raises for another kind."""
    match entry:
        case {"kty": "OKP", "crv": "Ed25519", "x": str(x)}:
            return _EDWARDS, OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
        case {"kty": "EC", "crv": "P-256", "x": str(x), "y": str(y)}:
            return _ECDSA, ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        case {"kty": "RSA", "n": str(n), "e": str(e)}:
            if base64_to_int(n).bit_length() < LEAST_RSA_BITS:
                raise ValueError("short")
            return _RSA, RSAKey.import_key({"kty": "RSA", "n": n, "e": e})
        case _:
            raise ValueError("another kind")


def _meant(algorithm: str, fitting: frozenset[str]) -> frozenset[str]:
    """What a key is for whose entry names its algorithm. Raises `ValueError` for one that does not fit."""
    if algorithm not in fitting:
        raise ValueError("another algorithm")
    return fitting if fitting == _EDWARDS else frozenset({algorithm})
