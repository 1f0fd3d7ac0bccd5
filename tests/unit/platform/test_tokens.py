"""A token is believed only when everything about it is right."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from care_platform.auth.claims import Claims, Expected
from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.jwks import ALGORITHMS, read_jwks
from care_platform.auth.key_sources import KeyFile
from care_platform.auth.refusals import LEEWAY, TokenFault, Unauthenticated
from care_platform.auth.tokens import Verifier
from tests.support.token_attacks import (
    ACCEPTED,
    ATTACKS,
    CLINIC,
    HEADER,
    LIFETIME,
    NO_BEARER_TOKEN,
    SUBJECT,
    accepted,
    attacks,
    claims,
    signed,
)
from tests.support.token_keys import FOREIGN_JWK, PUBLIC, published

NOW = 1_800_000_000
EXPECTED = Expected(
    issuer="care-local",
    audience="care",
    lifetime=LIFETIME,
    networks=frozenset({"demo", "other"}),
    roles=frozenset({"therapist", "partner", "service"}),
    representing=frozenset({"partner"}),
)
GOOD = signed(claims(NOW))
ATTACKING, ACCEPTABLE = attacks(NOW), accepted(NOW)


def keys_of(entries: Sequence[object]) -> IssuerKeys:
    keys = IssuerKeys(KeyFile(Path("none")), structlog.get_logger())
    keys.take(read_jwks(json.dumps({"keys": entries}).encode()))
    return keys


def verifier(clock: list[float] | None = None, entries: Sequence[object] | None = None) -> Verifier[Claims]:
    ticking = clock or [NOW]
    keys = keys_of(published() if entries is None else entries)
    return Verifier(keys, EXPECTED, lambda found: found, lambda: ticking[0])


def refusal(authorization: str | None, entries: Sequence[object] | None = None) -> TokenFault:
    with pytest.raises(Unauthenticated) as refused:
        verifier(entries=entries).caller(authorization)
    assert str(refused.value) == refused.value.fault.sentence
    return refused.value.fault


def test_a_valid_token_claims_a_caller_with_network_and_clinics() -> None:
    caller = verifier().caller(f"Bearer {GOOD}")
    assert (caller.sub, caller.role, caller.network, caller.clinics) == (
        SUBJECT,
        "therapist",
        "demo",
        [CLINIC],
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_other_token_is_believed_and_the_refusal_says_why(attack: str) -> None:
    token, why = ATTACKING[attack]
    assert refusal(f"Bearer {token}") is why


def test_each_reason_but_that_of_no_token_has_an_attack_that_meets_it() -> None:
    assert {attack.fault for attack in ATTACKING.values()} == set(TokenFault) - {TokenFault.NO_TOKEN}


def test_a_sentence_fits_into_the_challenge_and_names_the_algorithms_that_are_taken() -> None:
    for fault in TokenFault:
        assert re.fullmatch(r"[ !#-\[\]-~]+", fault.sentence)  # RFC 6750, section 3
    assert set(re.findall(r"\w*\d+\w*|EdDSA", TokenFault.ALG_NOT_TAKEN.sentence)) == set(ALGORITHMS)


@pytest.mark.parametrize("spoilt", [{"exp": 0}, {"iss": "elsewhere"}, {"aud": "billing"}, {"sub": "Dr. Who"}])
def test_whoever_cannot_sign_learns_nothing_about_the_claims(spoilt: dict[str, Any]) -> None:
    head, _, signature = GOOD.split(".")
    _, body, _ = signed(claims(NOW) | spoilt).split(".")
    assert refusal(f"Bearer {head}.{body}.{signature}") is TokenFault.SIGNATURE


@pytest.mark.parametrize("what", ACCEPTED)
def test_a_token_that_is_right_in_another_way_is_believed(what: str) -> None:
    assert verifier().caller(f"Bearer {ACCEPTABLE[what]}").sub == SUBJECT


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
def test_the_scheme_is_read_in_any_letter_case(scheme: str) -> None:
    assert verifier().caller(f"{scheme} {GOOD}").sub == SUBJECT


def test_a_claim_that_is_null_counts_as_absent() -> None:
    null = {"clinics": None, "organisation": None, "nbf": None}
    absent = {name: value for name, value in claims(NOW).items() if name != "clinics"}
    assert verifier().caller(f"Bearer {signed(absent | null)}") == verifier().caller(
        f"Bearer {signed(absent)}"
    )


def test_a_token_that_names_no_key_is_believed_only_where_one_key_fits() -> None:
    unnamed = f"Bearer {signed(claims(NOW), {'alg': 'EdDSA'})}"
    assert verifier().caller(unnamed).sub == SUBJECT
    assert refusal(unnamed, (PUBLIC, FOREIGN_JWK)) is TokenFault.KID_MISSING
    assert verifier(entries=(PUBLIC, FOREIGN_JWK)).caller(f"Bearer {GOOD}").sub == SUBJECT


@pytest.mark.parametrize("authorization", [None, *NO_BEARER_TOKEN])
def test_a_caller_without_a_bearer_token_is_told_so(authorization: str | None) -> None:
    expected = TokenFault.FORM if authorization == "Bearer  e30.e30.e30" else TokenFault.NO_TOKEN
    assert refusal(authorization) is expected


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=4
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "zip", "b64"]), ANYTHING))
def test_any_header_at_all_gives_a_caller_or_a_refusal(header: dict[str, Any]) -> None:
    try:
        caller = verifier().caller(f"Bearer {signed(claims(NOW), header)}")
    except Unauthenticated:
        return
    assert caller.sub == SUBJECT


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["nbf", "iat", "clinics", "organisation"]), ANYTHING))
def test_any_claims_at_all_give_a_caller_or_a_refusal(more: dict[str, Any]) -> None:
    try:
        caller = verifier().caller(f"Bearer {signed(claims(NOW) | more, HEADER)}")
    except Unauthenticated:
        return
    assert caller.sub == SUBJECT


def test_a_remembered_token_is_refused_as_soon_as_it_has_expired() -> None:
    clock = [float(NOW)]
    remembering = verifier(clock)
    assert remembering.caller(f"Bearer {GOOD}") is remembering.caller(f"bearer {GOOD}")
    clock[0] = NOW + 3600 + LEEWAY
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="`exp` has passed"):
            remembering.caller(f"Bearer {GOOD}")


def test_remembered_tokens_are_judged_anew_when_the_keys_change() -> None:
    keys = keys_of([PUBLIC])
    remembering = Verifier(keys, EXPECTED, lambda found: found, lambda: NOW)
    assert remembering.caller(f"Bearer {GOOD}").sub == SUBJECT
    keys.take(read_jwks(json.dumps({"keys": [FOREIGN_JWK | {"kid": "two"}]}).encode()))
    with pytest.raises(Unauthenticated, match="no key of this `kid`"):
        remembering.caller(f"Bearer {GOOD}")
