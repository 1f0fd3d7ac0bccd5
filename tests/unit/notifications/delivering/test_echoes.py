"""Which answers are the echo of a challenge, and what its value is made of."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivering.challenger import MAX_ECHO, echoes
from notifications.delivering.signing import challenge_value, secret_text, signature

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


@given(st.binary(min_size=24, max_size=64), st.binary(min_size=32, max_size=32))
def test_a_value_depends_on_the_secret_and_on_what_was_drawn(key: bytes, drawn: bytes) -> None:
    value = challenge_value(secret_text(key), drawn)
    assert value == challenge_value(secret_text(key), drawn)
    assert value != challenge_value(secret_text(key + b"x" if len(key) < 64 else key[1:]), drawn)
    assert value != challenge_value(secret_text(key), bytes([drawn[0] ^ 1]) + drawn[1:])
    assert value not in signature(secret_text(key), "msg_1", 1, drawn)
