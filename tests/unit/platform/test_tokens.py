"""A token is believed only when everything about it is right; whatever else is sent is answered with 401."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.issuer_keys import IssuerKeys
from episodes.jwks import read_jwks
from episodes.key_sources import KeyFile
from episodes.tokens import LEEWAY, MAX_TOKEN, Tokens, Unauthenticated

pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")

NOW = 1_800_000_000
STAFF, CLINIC = UUID(int=1), UUID(int=2)
CLAIMS = {
    "iss": "care-local",
    "aud": "care",
    "exp": NOW + 600,
    "sub": str(STAFF),
    "role": "therapist",
    "network": "demo",
    "clinics": [str(CLINIC)],
}


def b64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def document(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


KEY, FOREIGN = (
    Ed25519PrivateKey.from_private_bytes(b"k" * 32),
    Ed25519PrivateKey.from_private_bytes(b"f" * 32),
)
PUBLIC = {"kty": "OKP", "crv": "Ed25519", "x": b64(KEY.public_key().public_bytes_raw()), "kid": "one"}
HEADER = {"alg": "EdDSA", "kid": "one"}
FOREIGN_JWK = {"kty": "OKP", "crv": "Ed25519", "x": b64(FOREIGN.public_key().public_bytes_raw())}


def signed(claims: object = CLAIMS, header: object = HEADER, key: Ed25519PrivateKey = KEY) -> str:
    """A token signed by hand, so that it can be wrong in ways no library would make."""
    head = f"{b64(document(header))}.{b64(document(claims))}"
    return f"{head}.{b64(key.sign(head.encode()))}"


def hs256(secret: bytes) -> str:
    head = f"{b64(document({'alg': 'HS256', 'kid': 'one'}))}.{b64(document(CLAIMS))}"
    return f"{head}.{b64(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


def unsigned(algorithm: str) -> str:
    return f"{b64(document({'alg': algorithm}))}.{b64(document(CLAIMS))}."


def without(name: str) -> dict[str, Any]:
    return {claim: value for claim, value in CLAIMS.items() if claim != name}


def raw(addition: str) -> bytes:
    return json.dumps(CLAIMS)[:-1].encode() + b"," + addition.encode() + b"}"


GOOD = signed()
ATTACKS: dict[str, str] = {
    "nothing": "",
    "garbage": "garbage",
    "dots": "...",
    "another alphabet": "ü.ü.ü",
    "algorithm none": unsigned("none"),
    "algorithm None": unsigned("None"),
    "the signature left out": GOOD.rpartition(".")[0] + ".",
    "a signature of something else": GOOD.rpartition(".")[0] + "." + signed({}).rpartition(".")[2],
    "a padded signature": GOOD + "==",
    "two tokens": GOOD + "." + GOOD,
    "HS256 with the public key": hs256(base64.urlsafe_b64decode(PUBLIC["x"] + "=")),
    "HS256 with the public key as published": hs256(json.dumps(PUBLIC).encode()),
    "another's key": signed(key=FOREIGN),
    "another's key, sent along": signed(header=HEADER | {"jwk": FOREIGN_JWK}, key=FOREIGN),
    "another's key, at an address": signed(header=HEADER | {"jku": "http://127.0.0.1/jwks"}, key=FOREIGN),
    "an unknown key id": signed(header={"alg": "EdDSA", "kid": "two"}),
    "a key id that is a list": signed(header={"alg": "EdDSA", "kid": ["one"]}),
    "a list of algorithms": signed(header={"alg": ["EdDSA"], "kid": "one"}),
    "a critical extension": signed(header=HEADER | {"crit": ["exp"]}),
    "no critical extension, but the list": signed(header=HEADER | {"crit": []}),
    "an unencoded payload": signed(header=HEADER | {"crit": ["b64"], "b64": False}),
    "another type": signed(header=HEADER | {"typ": "logout+jwt"}),
    "no type, but said": signed(header=HEADER | {"typ": None}),
    "a list of types": signed(header=HEADER | {"typ": ["JWT"]}),
    "an empty key id": signed(header=HEADER | {"kid": ""}),
    "a compressed payload": signed(header=HEADER | {"zip": "DEF"}),
    "two algorithms": signed(header=b'{"alg": "none", "alg": "EdDSA", "kid": "one"}'),
    "a claim said twice": signed(raw('"role": "service"')),
    "a claim said twice, spelled apart": signed(raw('"r\\u006fle": "service"')),
    "claims that are a list": signed([CLAIMS]),
    "claims that are no JSON": signed(b"{"),
    "claims nested deep": signed(b'{"a":' + b"[" * 2_500 + b"]" * 2_500 + b"}"),
    "a header nested deep": b64(b'{"alg":' + b"[" * 3_000 + b"]" * 3_000 + b"}") + ".e30.e30",
    "expired": signed(CLAIMS | {"exp": NOW - LEEWAY - 1}),
    "expiry as text": signed(CLAIMS | {"exp": str(NOW + 600)}),
    "expiry as yes": signed(CLAIMS | {"exp": True}),
    "expiry beyond numbers": signed(json.dumps(CLAIMS).replace(str(NOW + 600), "1e999").encode()),
    "expiry of 5,000 digits": signed(json.dumps(CLAIMS).replace(str(NOW + 600), "9" * 5_000).encode()),
    "not valid yet": signed(CLAIMS | {"nbf": NOW + LEEWAY + 1}),
    "another issuer": signed(CLAIMS | {"iss": "elsewhere"}),
    "a list of issuers": signed(CLAIMS | {"iss": ["care-local", "elsewhere"]}),
    "another audience": signed(CLAIMS | {"aud": "billing"}),
    "other audiences": signed(CLAIMS | {"aud": ["billing", "care-notifications"]}),
    "another network": signed(CLAIMS | {"network": "elsewhere"}),
    "a list of networks": signed(CLAIMS | {"network": ["demo"]}),
    "an unknown role": signed(CLAIMS | {"role": "admin"}),
    "a list of roles": signed(CLAIMS | {"role": ["therapist", "service"]}),
    "a subject that is no id": signed(CLAIMS | {"sub": "Dr. Who"}),
    "clinics that are no list": signed(CLAIMS | {"clinics": "all"}),
    "too long": signed(CLAIMS | {"note": "x" * 9_000}),
    **{f"no {name}": signed(without(name)) for name in ("iss", "aud", "exp", "sub", "role", "network")},
}


def tokens(clock: list[float] | None = None, published: Sequence[object] = (PUBLIC,)) -> Tokens:
    keys = IssuerKeys(KeyFile(Path("none")), structlog.get_logger())
    keys.take(read_jwks(json.dumps({"keys": published}).encode()))
    ticking = clock or [NOW]
    return Tokens(keys, "care-local", "care", ("demo", "other"), lambda: ticking[0])


def refusal(authorization: str | None) -> str:
    with pytest.raises(Unauthenticated) as refused:
        tokens().caller(authorization)
    return str(refused.value)


def test_a_valid_token_names_the_caller_with_network_and_clinics() -> None:
    caller = tokens().caller(f"Bearer {GOOD}")
    assert (caller.actor.id, caller.actor.role, caller.network) == (STAFF, "therapist", "demo")
    assert caller.clinics == frozenset({CLINIC})


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_other_token_is_believed_and_the_reason_quotes_nothing_of_it(attack: str) -> None:
    assert len(ATTACKS[attack]) > MAX_TOKEN or attack != "too long"
    reason = refusal(f"Bearer {ATTACKS[attack]}")
    assert not any(str(value) in reason for value in ("elsewhere", "billing", "admin", "Dr. Who", STAFF))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT"])
def test_access_tokens_may_say_what_they_are(typ: str) -> None:
    assert tokens().caller(f"Bearer {signed(header=HEADER | {'typ': typ})}").actor.id == STAFF


def test_a_token_that_names_no_key_is_believed_only_where_one_key_fits() -> None:
    unnamed = f"Bearer {signed(header={'alg': 'EdDSA'})}"
    assert tokens().caller(unnamed).actor.id == STAFF
    with pytest.raises(Unauthenticated, match="no key of the issuer fits"):
        tokens(published=(PUBLIC, FOREIGN_JWK)).caller(unnamed)
    assert tokens(published=(PUBLIC, FOREIGN_JWK)).caller(f"Bearer {GOOD}").actor.id == STAFF


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic dXNlcjpwYXNz", GOOD, f"Bearer  {GOOD}"])
def test_a_caller_without_a_bearer_token_is_told_so(authorization: str | None) -> None:
    refusal(authorization)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=4
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "zip", "b64"]), ANYTHING))
def test_any_header_at_all_gives_a_caller_or_a_refusal(header: dict[str, Any]) -> None:
    try:
        caller = tokens().caller(f"Bearer {signed(header=header)}")
    except Unauthenticated:
        return
    assert caller.actor.id == STAFF


def test_a_remembered_token_is_refused_as_soon_as_it_has_expired() -> None:
    clock = [float(NOW)]
    remembering = tokens(clock)
    assert remembering.caller(f"Bearer {GOOD}") is remembering.caller(f"Bearer {GOOD}")
    clock[0] = NOW + 600 + LEEWAY + 1
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="expired"):
            remembering.caller(f"Bearer {GOOD}")


@pytest.mark.parametrize("role", ["service", "auditor", "privacy_officer"])
def test_who_serves_the_whole_network_sees_every_clinic_unless_some_are_named(role: str) -> None:
    assert tokens().caller(f"Bearer {signed(without('clinics') | {'role': role})}").clinics is None
    assert tokens().caller(f"Bearer {signed(CLAIMS | {'role': role})}").clinics == frozenset({CLINIC})


@pytest.mark.parametrize("role", ["therapist", "supervisor", "coordinator", "partner"])
def test_others_without_named_clinics_act_for_none(role: str) -> None:
    assert tokens().caller(f"Bearer {signed(without('clinics') | {'role': role})}").clinics == frozenset()
