"""Which answers are the echo of a challenge, and what a sealed value is good for."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivering.challenger import MAX_ECHO, echoes
from notifications.delivering.secret_sealing import Sealing

VALUE = "Qz3vF1y0sT8cJr6mB2nXk9wLd4hUa7eGpI5oVt_ZyqM"
SUBSCRIPTION = UUID(int=7)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(VALUE),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["challenge", "data", "type"]), inner),
    max_leaves=8,
)


@given(JSON)
def test_only_an_object_with_the_value_as_its_challenge_is_an_echo(document: object) -> None:
    is_one = isinstance(document, dict) and document.get("challenge") == VALUE
    assert echoes(json.dumps(document).encode(), VALUE) is is_one


@given(st.binary(max_size=60))
def test_no_bytes_are_a_defect(body: bytes) -> None:
    assert not echoes(body, VALUE)


@pytest.mark.parametrize(("spare", "counts"), [(0, True), (-1, False)])
def test_an_echo_may_be_so_long_and_no_longer(spare: int, counts: bool) -> None:
    body = json.dumps({"challenge": VALUE}).encode()
    assert echoes(body + b" " * (MAX_ECHO - len(body) - spare), VALUE) is counts


def test_a_sealed_secret_is_no_challenge_and_the_other_way_round(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path)
    secret, challenge = (
        sealing.seal("x", "demo", SUBSCRIPTION),
        sealing.seal("x", "demo", SUBSCRIPTION, "challenge"),
    )
    assert sealing.open(secret, "demo", SUBSCRIPTION, "challenge") is None
    assert sealing.open(challenge, "demo", SUBSCRIPTION) is None
    assert sealing.open(challenge, "demo", SUBSCRIPTION, "challenge") == "x"
