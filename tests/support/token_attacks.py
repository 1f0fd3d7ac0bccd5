"""Hand-made tokens: those that must be refused, each with the reason, and those that must be accepted."""

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from care_platform.auth.refusals import LEEWAY, MAX_TOKEN
from care_platform.auth.refusals import TokenFault as Fault
from tests.support.signature_attacks import signature_attacks
from tests.support.token_keys import (
    FOREIGN,
    FOREIGN_JWK,
    KEY,
    PUBLIC,
    Attack,
    Members,
    b64,
    by_hand,
    document,
    es256,
    ps256,
    rs256,
    rsa_key,
)

LIFETIME = 24 * 3600
"""How long a token may live, in seconds."""
HEADER = {"alg": "EdDSA", "kid": "one"}
SUBJECT, CLINIC = UUID(int=1), UUID(int=2)


def claims(now: int, **more: Any) -> Members:
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


def without(said: Members, name: str) -> Members:
    return {claim: value for claim, value in said.items() if claim != name}


def signed(said: object, header: object = HEADER, key: Ed25519PrivateKey = KEY) -> str:
    return by_hand(said, header, key.sign)


def attacks(now: int) -> dict[str, Attack]:
    """Tokens that must be refused at this time, in seconds since 1970."""
    good = claims(now)
    return {
        **_forms(good),
        **_keys(good),
        **signature_attacks(good),
        **{f"header: {it}": Attack(signed(good, HEADER | more), why) for it, (more, why) in _HEADERS.items()},
        "header: no algorithm": Attack(signed(good, {"kid": "one"}), Fault.ALG_NOT_TAKEN),
        **{f"claims: {it}": Attack(signed(good | more), why) for it, (more, why) in _claims(now).items()},
        **{f"no {it}": Attack(signed(without(good, it)), Fault.of(it, "missing")) for it in _REQUIRED},
        **{f"null {it}": Attack(signed(good | {it: None}), Fault.of(it, "missing")) for it in _REQUIRED},
        "no time of issue, and too long a life": Attack(
            signed(without(good, "iat") | {"exp": now + LIFETIME + LEEWAY + 60}), Fault.EXP_TOO_FAR
        ),
        **{it: Attack(token, Fault.CLAIMS_FORM) for it, token in _texts(good).items()},
        "expiry beyond numbers": Attack(
            signed(json.dumps(good).replace(str(good["exp"]), "1e999").encode()), Fault.EXP_FORM
        ),
    }


def accepted(now: int) -> dict[str, str]:
    """Tokens that must be accepted at this time."""
    good = claims(now)
    types = ("JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT", "application/jwt")
    nulls = ("nbf", "organisation", "iat", "jti")
    return {
        "plain": signed(good),
        "ES256": by_hand(good, {"alg": "ES256", "kid": "ec"}, es256()),
        "RS256": by_hand(good, {"alg": "RS256", "kid": "rsa"}, rs256()),
        "PS256": by_hand(good, {"alg": "PS256", "kid": "rsa"}, ps256()),
        "RS256 by a key for it alone": by_hand(good, {"alg": "RS256", "kid": "rs256"}, rs256()),
        "PS256 by a key for it alone": by_hand(good, {"alg": "PS256", "kid": "ps256"}, ps256()),
        **{f"type {typ}": signed(good, HEADER | {"typ": typ}) for typ in types},
        **{f"null {name}": signed(good | {name: None}) for name in nulls},
        "null clinics": signed(good | {"clinics": None}),
        "several audiences": signed(good | {"aud": ["billing", "care"]}),
        "no key id": signed(good, {"alg": "EdDSA"}),
        "the new name of the algorithm": signed(good, HEADER | {"alg": "Ed25519"}),
        "expired within the leeway": signed(good | {"exp": now - LEEWAY + 20}),
        "not valid yet, within the leeway": signed(good | {"nbf": now + LEEWAY - 20}),
        "issued ahead, within the leeway": signed(good | {"iat": now + LEEWAY - 20}),
        "times with decimals": signed(good | {"exp": now + 3600.5, "nbf": now - 0.5, "iat": now - 0.25}),
        "the longest life": signed(good | {"exp": now + LIFETIME}),
        "the longest life, without time of issue": signed(without(good, "iat") | {"exp": now + LIFETIME}),
        "a partner of an organisation": signed(good | {"role": "partner", "organisation": str(CLINIC)}),
    }


_REQUIRED = ("iss", "aud", "exp", "sub", "role", "network")
_HEADERS: dict[str, tuple[Members, Fault]] = {
    "an unknown key id": ({"kid": "two"}, Fault.KID_UNKNOWN),
    "an empty key id": ({"kid": ""}, Fault.KID_UNKNOWN),
    "a key id that is a list": ({"kid": ["one"]}, Fault.KID_FORM),
    "a key id that is null": ({"kid": None}, Fault.KID_FORM),
    "a list of algorithms": ({"alg": ["EdDSA"]}, Fault.ALG_NOT_TAKEN),
    "an unknown algorithm, and key": ({"alg": "ES384", "kid": "two"}, Fault.ALG_NOT_TAKEN),
    "an algorithm in small letters": ({"alg": "eddsa"}, Fault.ALG_NOT_TAKEN),
    "another algorithm than the key's": ({"alg": "RS256"}, Fault.ALG_NOT_OF_KEY),
    "a critical extension": ({"crit": ["exp"]}, Fault.CRIT_NOT_TAKEN),
    "a critical extension we know": ({"crit": ["kid"]}, Fault.CRIT_NOT_TAKEN),
    "no critical extension, but the list": ({"crit": []}, Fault.CRIT_NOT_TAKEN),
    "null for the critical extensions": ({"crit": None}, Fault.CRIT_NOT_TAKEN),
    "an unencoded payload": ({"crit": ["b64"], "b64": False}, Fault.CRIT_NOT_TAKEN),
    "another type": ({"typ": "logout+jwt"}, Fault.TYP_UNKNOWN),
    "another type, spelled out": ({"typ": "application/logout+jwt"}, Fault.TYP_UNKNOWN),
    "a type within another": ({"typ": "application/application/jwt"}, Fault.TYP_UNKNOWN),
    "no type, but said": ({"typ": None}, Fault.TYP_UNKNOWN),
    "a list of types": ({"typ": ["JWT"]}, Fault.TYP_UNKNOWN),
    "a compressed payload": ({"zip": "DEF"}, Fault.HEADER_MEMBER),
    "an address that is none": ({"jku": 7}, Fault.HEADER_MEMBER),
}


def _claims(now: int) -> dict[str, tuple[Members, Fault]]:
    return {
        "expired": ({"iat": now - 3600, "exp": now - LEEWAY - 1}, Fault.EXP_PASSED),
        "expired long ago": ({"iat": now - 7200, "exp": now - 3600}, Fault.EXP_PASSED),
        "expiry as text": ({"exp": str(now + 3600)}, Fault.EXP_FORM),
        "expiry as yes": ({"exp": True}, Fault.EXP_FORM),
        "a life too long": ({"exp": now + LIFETIME + 1}, Fault.EXP_TOO_FAR),
        "a life of thirty years": ({"exp": now + 30 * 365 * 86_400}, Fault.EXP_TOO_FAR),
        "a life too long, begun long ago": ({"iat": now - LIFETIME}, Fault.EXP_TOO_FAR),
        "a service's life too long": ({"role": "service", "exp": now + 2 * LIFETIME}, Fault.EXP_TOO_FAR),
        "expiry of 400 digits": ({"exp": 10**400}, Fault.EXP_FORM),
        "issued tomorrow": ({"iat": now + 86_400, "exp": now + 90_000}, Fault.IAT_AHEAD),
        "issued ahead": ({"iat": now + LEEWAY + 30}, Fault.IAT_AHEAD),
        "time of issue as text": ({"iat": "now"}, Fault.IAT_FORM),
        "not valid yet": ({"nbf": now + LEEWAY + 30}, Fault.NBF_AHEAD),
        "not valid yet, by decimals": ({"nbf": now + LEEWAY + 30.5}, Fault.NBF_AHEAD),
        "validity as text": ({"nbf": str(now)}, Fault.NBF_FORM),
        "another issuer": ({"iss": "elsewhere"}, Fault.ISS_UNKNOWN),
        "a list of issuers": ({"iss": ["care-local", "elsewhere"]}, Fault.ISS_FORM),
        "another audience": ({"aud": "billing"}, Fault.AUD_OTHER),
        "no audience in the list": ({"aud": []}, Fault.AUD_OTHER),
        "other audiences": ({"aud": ["billing", "care-notifications"]}, Fault.AUD_OTHER),
        "an audience that is no text": ({"aud": [7]}, Fault.AUD_FORM),
        "another network": ({"network": "elsewhere"}, Fault.NETWORK_UNKNOWN),
        "a list of networks": ({"network": ["demo"]}, Fault.NETWORK_FORM),
        "an unknown role": ({"role": "admin"}, Fault.ROLE_UNKNOWN),
        "a list of roles": ({"role": ["therapist", "service"]}, Fault.ROLE_FORM),
        "a subject that is no id": ({"sub": "Dr. Who"}, Fault.SUB_FORM),
        "a subject of an identity provider's own": ({"sub": "auth0|5f7c8ec7"}, Fault.SUB_FORM),
        "a subject without end": ({"sub": "0" * 4_000}, Fault.SUB_FORM),
        "clinics that are no list": ({"clinics": "all"}, Fault.CLINICS_FORM),
        "clinics that are no ids": ({"clinics": ["all"]}, Fault.CLINICS_FORM),
        "a partner without organisation": ({"role": "partner"}, Fault.ORGANISATION_MISSING),
        "a partner whose organisation is null": (
            {"role": "partner", "organisation": None},
            Fault.ORGANISATION_MISSING,
        ),
        "a partner whose organisation is no id": (
            {"role": "partner", "organisation": "x"},
            Fault.ORGANISATION_FORM,
        ),
        "too long": ({"note": "x" * (MAX_TOKEN + 800)}, Fault.TOO_LONG),
    }


def _forms(good: Members) -> dict[str, Attack]:
    """Tokens that are not three parts of base64url, or have no header."""
    token = signed(good)
    head, body, signature = token.split(".")
    forms = {
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
    }
    headers = {
        "a header nested deep": b'{"alg":' + b"[" * 2_500 + b"]" * 2_500 + b"}",
        "a header that is a list": b"[]",
        "a header of nothing": b"",
        "a header in UTF-16": json.dumps(HEADER).encode("utf-16"),
        "a header after a byte order mark": json.dumps(HEADER).encode("utf-8-sig"),
        "two algorithms": b'{"alg": "none", "alg": "EdDSA", "kid": "one"}',
    }
    return {
        **{what: Attack(form, Fault.FORM) for what, form in forms.items()},
        **{what: Attack(signed(good, header), Fault.HEADER_FORM) for what, header in headers.items()},
    }


def _resigned(head: str, body: str) -> str:
    return f"{head}.{body}.{b64(KEY.sign(f'{head}.{body}'.encode()))}"


def _with_bits_to_spare(good: Members) -> str:
    """The claims, padded with spaces until the last base64url character has unused bits."""
    text = document(good)
    body = b64(text + b" " * ((1 - len(text)) % 3))
    return body[:-1] + chr(ord(body[-1]) + 1)


def _keys(good: Members) -> dict[str, Attack]:
    """Tokens not signed by the issuer."""
    token = signed(good)
    head, body, signature = token.split(".")
    public = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = {name: by_hand(good, HEADER | {"alg": name}, lambda _: b"") for name in ("none", "None")}
    secrets = {
        "the public key": base64.urlsafe_b64decode(PUBLIC["x"] + "="),
        "the public key as published": json.dumps(PUBLIC).encode(),
        "the public RSA key": public,
        "nothing": b"",
    }
    wrong = {
        "the signature left out": f"{head}.{body}.",
        "a signature of something else": f"{head}.{body}.{signed({}).rpartition('.')[2]}",
        "altered": f"{head}.{b64(document(good | {'role': 'supervisor'}))}.{signature}",
        "altered, and no JSON": f"{head}.{b64(b'{')}.{signature}",
        "altered, and expired": f"{head}.{b64(document(good | {'exp': 0}))}.{signature}",
        "another's key": signed(good, key=FOREIGN),
        "another's key, sent along": signed(good, HEADER | {"jwk": FOREIGN_JWK}, FOREIGN),
        "another's key, at an address": signed(good, HEADER | {"jku": "http://127.0.0.1/jwks"}, FOREIGN),
    }
    return {
        **{f"algorithm {it}": Attack(forged, Fault.ALG_NOT_TAKEN) for it, forged in unsigned.items()},
        **{f"HS256 with {it}": Attack(_hs256(good, key), Fault.ALG_NOT_TAKEN) for it, key in secrets.items()},
        **{what: Attack(forged, Fault.SIGNATURE) for what, forged in wrong.items()},
    }


def _hs256(good: Members, secret: bytes) -> str:
    header = {"alg": "HS256", "kid": "one"}
    return by_hand(good, header, lambda said: hmac.new(secret, said, hashlib.sha256).digest())


def _texts(good: Members) -> dict[str, str]:
    """Tokens signed by the issuer whose claims are not one JSON object in UTF-8 without duplicate members."""
    text, expiry = json.dumps(good), str(good["exp"])
    return {
        "a claim said twice": signed(_with(good, '"role": "service"')),
        "a claim said twice alike": signed(_with(good, '"network": "demo"')),
        "a claim said twice, spelled apart": signed(_with(good, '"r\\u006fle": "service"')),
        "claims that are a list": signed([good]),
        "claims that are no JSON": signed(b"{"),
        "no claims": signed(b""),
        "claims nested deep": signed(b'{"a":' + b"[" * 2_500 + b"]" * 2_500 + b"}"),
        "claims in UTF-16": signed(text.encode("utf-16")),
        "claims in UTF-16, without mark": signed(text.encode("utf-16-le")),
        "claims in UTF-32": signed(text.encode("utf-32")),
        "claims after a byte order mark": signed(text.encode("utf-8-sig")),
        "claims in Latin-1": signed(_with(good, '"note": "é"').decode().encode("latin-1")),
        "claims with NaN": signed(_with(good, '"note": NaN')),
        "expiry of 5,000 digits": signed(text.replace(expiry, "9" * 5_000).encode()),
    }


def _with(good: Members, addition: str) -> bytes:
    return json.dumps(good)[:-1].encode() + b"," + addition.encode() + b"}"


ATTACKS = tuple(attacks(0))
ACCEPTED = tuple(accepted(0))
NO_BEARER_TOKEN = ("", "Bearer", "bearer", "Basic dXNlcjpwYXNz", "Bearer  e30.e30.e30", "e30.e30.e30")
"""Values of `Authorization` without a bearer token."""
