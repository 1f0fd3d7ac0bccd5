"""Hand-made tokens: those that must be refused and those that must be accepted, by verifier and services."""

import base64
import hashlib
import hmac
import json
import warnings
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from care_platform.auth.tokens import LEEWAY, MAX_TOKEN

SUBJECT, CLINIC = UUID(int=1), UUID(int=2)
Claims = dict[str, Any]


def b64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def document(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


KEY, FOREIGN = (
    Ed25519PrivateKey.from_private_bytes(b"k" * 32),
    Ed25519PrivateKey.from_private_bytes(b"f" * 32),
)
PUBLIC = {"kty": "OKP", "crv": "Ed25519", "x": b64(KEY.public_key().public_bytes_raw()), "kid": "one"}
"""The only key of the issuer."""
HEADER = {"alg": "EdDSA", "kid": "one"}
FOREIGN_JWK = {"kty": "OKP", "crv": "Ed25519", "x": b64(FOREIGN.public_key().public_bytes_raw())}


def claims(now: int, **more: Any) -> Claims:
    """The claims of a therapist, which expire in an hour."""
    return {
        "iss": "care-local",
        "aud": "care",
        "iat": now,
        "exp": now + 3600,
        "sub": str(SUBJECT),
        "role": "therapist",
        "network": "demo",
        "clinics": [str(CLINIC)],
    } | more


def without(said: Claims, name: str) -> Claims:
    return {claim: value for claim, value in said.items() if claim != name}


def signed(said: object, header: object = HEADER, key: Ed25519PrivateKey = KEY) -> str:
    """A token signed by hand, so that it can have faults that no library would produce."""
    head = f"{b64(document(header))}.{b64(document(said))}"
    return f"{head}.{b64(key.sign(head.encode()))}"


def unsigned(said: Claims, algorithm: str) -> str:
    return f"{b64(document({'alg': algorithm, 'kid': 'one'}))}.{b64(document(said))}."


def attacks(now: int) -> dict[str, str]:
    """Tokens that must be refused at this time, in seconds since 1970."""
    good = claims(now)
    return {
        **_forms(good),
        **_keys(good),
        **{f"header: {what}": signed(good, HEADER | more) for what, more in _HEADERS.items()},
        **{f"claims: {what}": signed(claims(now, **more)) for what, more in _claims(now).items()},
        **{f"no {name}": signed(without(good, name)) for name in _REQUIRED},
        **{f"null {name}": signed(good | {name: None}) for name in _REQUIRED},
        **_texts(good),
    }


def accepted(now: int) -> dict[str, str]:
    """Tokens that must be accepted at this time."""
    good = claims(now)
    types = ("JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT", "application/jwt")
    nulls = ("nbf", "organisation", "iat", "jti")
    return {
        "plain": signed(good),
        **{f"type {typ}": signed(good, HEADER | {"typ": typ}) for typ in types},
        **{f"null {name}": signed(good | {name: None}) for name in nulls},
        "null clinics": signed(good | {"clinics": None}),
        "several audiences": signed(good | {"aud": ["billing", "care"]}),
        "no key id": signed(good, {"alg": "EdDSA"}),
        "the new name of the algorithm": signed(good, HEADER | {"alg": "Ed25519"}),
        "expired within the leeway": signed(good | {"exp": now - LEEWAY + 20}),
        "not valid yet, within the leeway": signed(good | {"nbf": now + LEEWAY - 20}),
        "a partner of an organisation": signed(good | {"role": "partner", "organisation": str(CLINIC)}),
    }


_REQUIRED = ("iss", "aud", "exp", "sub", "role", "network")
_HEADERS: dict[str, Claims] = {
    "an unknown key id": {"kid": "two"},
    "an empty key id": {"kid": ""},
    "a key id that is a list": {"kid": ["one"]},
    "a list of algorithms": {"alg": ["EdDSA"]},
    "a critical extension": {"crit": ["exp"]},
    "a critical extension we know": {"crit": ["kid"]},
    "no critical extension, but the list": {"crit": []},
    "null for the critical extensions": {"crit": None},
    "an unencoded payload": {"crit": ["b64"], "b64": False},
    "another type": {"typ": "logout+jwt"},
    "another type, spelled out": {"typ": "application/logout+jwt"},
    "a type within another": {"typ": "application/application/jwt"},
    "no type, but said": {"typ": None},
    "a list of types": {"typ": ["JWT"]},
    "a compressed payload": {"zip": "DEF"},
}


def _claims(now: int) -> dict[str, Claims]:
    return {
        "expired": {"exp": now - LEEWAY - 1},
        "expired long ago": {"exp": now - 3600},
        "expiry as text": {"exp": str(now + 3600)},
        "expiry as yes": {"exp": True},
        "expiry as a fraction": {"exp": now + 3600.5},
        "not valid yet": {"nbf": now + LEEWAY + 30},
        "validity as text": {"nbf": str(now)},
        "another issuer": {"iss": "elsewhere"},
        "a list of issuers": {"iss": ["care-local", "elsewhere"]},
        "another audience": {"aud": "billing"},
        "other audiences": {"aud": ["billing", "care-notifications"]},
        "another network": {"network": "elsewhere"},
        "a list of networks": {"network": ["demo"]},
        "an unknown role": {"role": "admin"},
        "a list of roles": {"role": ["therapist", "service"]},
        "a subject that is no id": {"sub": "Dr. Who"},
        "clinics that are no list": {"clinics": "all"},
        "clinics that are no ids": {"clinics": ["all"]},
        "a partner without organisation": {"role": "partner"},
        "a partner whose organisation is null": {"role": "partner", "organisation": None},
        "a partner whose organisation is no id": {"role": "partner", "organisation": "x"},
        "too long": {"note": "x" * (MAX_TOKEN + 800)},
    }


def _forms(good: Claims) -> dict[str, str]:
    """Tokens that are not three parts of base64url."""
    token = signed(good)
    head, body, signature = token.split(".")
    return {
        "garbage": "garbage",
        "two parts": "a.b",
        "four parts": token + ".x",
        "dots": "...",
        "two tokens": f"{token}.{token}",
        "another alphabet": "ü.ü.ü",
        "parts that are not base64": "%.%.%",
        "a padded header": f"{head}==.{body}.{signature}",
        "a padded signature": token + "==",
        "a foreign character within": f"{head}.{body[:9]}!{body[9:]}.{signature}",
        "the other base64": f"{head}.{body}.{signature.replace('_', '/').replace('-', '+')}+",
        "bits to spare": token[:-1] + chr(ord(token[-1]) + 1),
        "claims with bits to spare": _resigned(head, _with_bits_to_spare(good)),
        "a header nested deep": b64(b'{"alg":' + b"[" * 3_000 + b"]" * 3_000 + b"}") + ".e30.e30",
        "a header that is a list": b64(b"[]") + ".e30.e30",
    }


def _resigned(head: str, body: str) -> str:
    return f"{head}.{body}.{b64(KEY.sign(f'{head}.{body}'.encode()))}"


def _with_bits_to_spare(good: Claims) -> str:
    """The claims, padded with spaces until the last base64url character has unused bits."""
    text = document(good)
    body = b64(text + b" " * ((1 - len(text)) % 3))
    return body[:-1] + chr(ord(body[-1]) + 1)


def _keys(good: Claims) -> dict[str, str]:
    """Tokens not signed by the issuer."""
    token = signed(good)
    head, body, signature = token.split(".")
    published = json.dumps(PUBLIC).encode()
    return {
        "algorithm none": unsigned(good, "none"),
        "algorithm None": unsigned(good, "None"),
        "the signature left out": f"{head}.{body}.",
        "a signature of something else": f"{head}.{body}.{signed({}).rpartition('.')[2]}",
        "altered": f"{head}.{b64(document(good | {'role': 'supervisor'}))}.{signature}",
        "HS256 with the public key": _hs256(good, base64.urlsafe_b64decode(PUBLIC["x"] + "=")),
        "HS256 with the public key as published": _hs256(good, published),
        "another's key": signed(good, key=FOREIGN),
        "another's key, sent along": signed(good, HEADER | {"jwk": FOREIGN_JWK}, FOREIGN),
        "another's key, at an address": signed(good, HEADER | {"jku": "http://127.0.0.1/jwks"}, FOREIGN),
        "another's key, of another kind, sent along": _rs256(good),
    }


def _texts(good: Claims) -> dict[str, str]:
    """Tokens signed by the issuer that are not one JSON object in UTF-8 without duplicate members."""
    text, expiry = json.dumps(good), str(good["exp"])
    return {
        "two algorithms": signed(good, b'{"alg": "none", "alg": "EdDSA", "kid": "one"}'),
        "a claim said twice": signed(_with(good, '"role": "service"')),
        "a claim said twice alike": signed(_with(good, '"network": "demo"')),
        "a claim said twice, spelled apart": signed(_with(good, '"r\\u006fle": "service"')),
        "claims that are a list": signed([good]),
        "claims that are no JSON": signed(b"{"),
        "claims nested deep": signed(b'{"a":' + b"[" * 2_500 + b"]" * 2_500 + b"}"),
        "claims in UTF-16": signed(text.encode("utf-16")),
        "claims after a byte order mark": signed(text.encode("utf-8-sig")),
        "claims with NaN": signed(_with(good, '"note": NaN')),
        "expiry beyond numbers": signed(text.replace(expiry, "1e999").encode()),
        "expiry of 5,000 digits": signed(text.replace(expiry, "9" * 5_000).encode()),
    }


def _with(good: Claims, addition: str) -> bytes:
    return json.dumps(good)[:-1].encode() + b"," + addition.encode() + b"}"


def _hs256(good: Claims, secret: bytes) -> str:
    head = f"{b64(document({'alg': 'HS256', 'kid': 'one'}))}.{b64(document(good))}"
    return f"{head}.{b64(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


@cache
def _rsa() -> RSAKey:
    return RSAKey.generate_key(2048)


def _rs256(good: Claims) -> str:
    key = _rsa()
    header = {"alg": "RS256", "kid": "one", "jwk": key.as_dict(private=False)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(header, good, key, algorithms=["RS256"])


ATTACKS = tuple(attacks(0))
ACCEPTED = tuple(accepted(0))
NO_BEARER_TOKEN = ("", "Bearer", "bearer", "Basic dXNlcjpwYXNz", "Bearer  e30.e30.e30", "e30.e30.e30")
"""Values of `Authorization` without a bearer token."""
