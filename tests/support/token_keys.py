"""Keys of the issuer in the table of tokens, and signatures made by hand, so that they can have any fault."""

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from joserfc.jwk import ECKey, RSAKey

from care_platform.auth.refusals import TokenFault

Sign = Callable[[bytes], bytes]
Members = dict[str, Any]


class Attack(NamedTuple):
    """A token that must be refused, and why."""

    token: str
    fault: TokenFault


def b64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def document(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def by_hand(said: object, header: object, sign: Sign) -> str:
    """A token with this signature, whether or not it is one."""
    head = f"{b64(document(header))}.{b64(document(said))}"
    return f"{head}.{b64(sign(head.encode()))}"


KEY, FOREIGN = (
    Ed25519PrivateKey.from_private_bytes(b"k" * 32),
    Ed25519PrivateKey.from_private_bytes(b"f" * 32),
)
PUBLIC = {"kty": "OKP", "crv": "Ed25519", "x": b64(KEY.public_key().public_bytes_raw()), "kid": "one"}
FOREIGN_JWK = {"kty": "OKP", "crv": "Ed25519", "x": b64(FOREIGN.public_key().public_bytes_raw())}
P256, TWIN, FOREIGN_P256 = (ec.derive_private_key(number, ec.SECP256R1()) for number in (256, 257, 258))
P384 = ec.derive_private_key(384, ec.SECP384R1())
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the group of P-256 (FIPS 186)."""


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def published() -> tuple[Members, ...]:
    """The keys of the issuer: `one`, `ec`, `rsa`, the same RSA key for one algorithm alone, and two twins."""
    of_rsa = RSAKey.import_key(rsa_key().public_key()).as_dict(private=False)
    return (
        PUBLIC,
        _ec(P256, "ec"),
        of_rsa | {"kid": "rsa"},
        of_rsa | {"kid": "rs256", "alg": "RS256"},
        of_rsa | {"kid": "ps256", "alg": "PS256"},
        _ec(P256, "twin"),
        _ec(TWIN, "twin"),
    )


def _ec(key: ec.EllipticCurvePrivateKey, kid: str) -> Members:
    return ECKey.import_key(key.public_key()).as_dict(private=False) | {"kid": kid}


def es256(key: ec.EllipticCurvePrivateKey = P256) -> Sign:
    """r and s side by side (RFC 7518, 3.4), each as long as the key's curve has it."""

    def sign(signed: bytes) -> bytes:
        size = (key.curve.key_size + 7) // 8
        r, s = decode_dss_signature(der(key)(signed))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def der(key: ec.EllipticCurvePrivateKey = P256) -> Sign:
    """The signature as X.509 has it, which is not that of a JWS."""
    return lambda signed: key.sign(signed, ec.ECDSA(SHA256()))


def rs256(digest: HashAlgorithm | None = None) -> Sign:
    return lambda signed: rsa_key().sign(signed, padding.PKCS1v15(), digest or SHA256())


def ps256(salt: int = 32, digest: HashAlgorithm | None = None, mask: HashAlgorithm | None = None) -> Sign:
    pss = padding.PSS(padding.MGF1(mask or SHA256()), salt)
    return lambda signed: rsa_key().sign(signed, pss, digest or SHA256())
