"""Tokens whose signature by ECDSA or RSA is none, or is not that of the algorithm or key that they name."""

from cryptography.hazmat.primitives.hashes import SHA1, SHA512

from care_platform.auth.refusals import TokenFault as Fault
from tests.support.token_keys import (
    FOREIGN_P256,
    KEY,
    ORDER,
    P384,
    Attack,
    Members,
    Sign,
    by_hand,
    der,
    es256,
    ps256,
    rs256,
)


def signature_attacks(good: Members) -> dict[str, Attack]:
    """Signatures by ECDSA and RSA that are none, or are not those of the algorithm or key that is named."""
    zero, order = bytes(32), ORDER.to_bytes(32, "big")
    ecdsa: dict[str, Sign] = {
        "in DER": der(),
        "with r and s zero": lambda _: zero + zero,
        "with r zero": lambda said: zero + es256()(said)[32:],
        "with s zero": lambda said: es256()(said)[:32] + zero,
        "with r and s of the order": lambda _: order + order,
        "with r one, s the order": lambda _: (1).to_bytes(32, "big") + order,
        "cut": lambda said: es256()(said)[:-1],
        "padded": lambda said: es256()(said) + b"\0",
        "in halves exchanged": lambda said: es256()(said)[32:] + es256()(said)[:32],
        "of another key": es256(FOREIGN_P256),
        "of a key of another curve": es256(P384),
        "of EdDSA": KEY.sign,
        "left out": lambda _: b"",
    }
    pss: dict[str, Sign] = {
        "by PKCS #1 1.5": rs256(),
        "without salt": ps256(salt=0),
        "with too short a salt": ps256(salt=20),
        "with the longest salt": ps256(salt=222),
        "over SHA-512": ps256(digest=SHA512()),
        "with a mask of SHA-1": ps256(mask=SHA1()),
        "of zeros": lambda _: bytes(256),
        "after a zero": lambda said: b"\0" + ps256()(said),
    }
    pkcs: dict[str, Sign] = {
        "by PSS": ps256(),
        "over SHA-1": rs256(SHA1()),
        "over SHA-512": rs256(SHA512()),
        "of one": lambda _: bytes(255) + b"\1",
        "after a zero": lambda said: b"\0" + rs256()(said),
    }
    tables = (("ES256", "ec", ecdsa), ("PS256", "rsa", pss), ("RS256", "rsa", pkcs))
    named: tuple[tuple[str, str | None, Sign, Fault], ...] = (
        ("PS256", "rs256", ps256(), Fault.ALG_NOT_OF_KEY),
        ("RS256", "ps256", rs256(), Fault.ALG_NOT_OF_KEY),
        ("ES256", "rsa", es256(), Fault.ALG_NOT_OF_KEY),
        ("RS256", "ec", rs256(), Fault.ALG_NOT_OF_KEY),
        ("EdDSA", "ec", KEY.sign, Fault.ALG_NOT_OF_KEY),
        ("ES256", "twin", es256(), Fault.KID_AMBIGUOUS),
        ("ES256", None, es256(), Fault.KID_MISSING),
        ("ES256K", "ec", es256(), Fault.ALG_NOT_TAKEN),
        ("RS384", "rsa", rs256(), Fault.ALG_NOT_TAKEN),
        ("RS1", "rsa", rs256(SHA1()), Fault.ALG_NOT_TAKEN),
    )
    return {
        f"{algorithm} {what}": Attack(by_hand(good, {"alg": algorithm, "kid": kid}, sign), Fault.SIGNATURE)
        for algorithm, kid, table in tables
        for what, sign in table.items()
    } | {
        f"{algorithm} by the key {kid}": Attack(by_hand(good, _naming(algorithm, kid), sign), why)
        for algorithm, kid, sign, why in named
    }


def _naming(algorithm: str, kid: str | None) -> Members:
    return {"alg": algorithm} | ({} if kid is None else {"kid": kid})
