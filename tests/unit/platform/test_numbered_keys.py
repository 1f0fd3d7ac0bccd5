"""Numbered keys: a new one beside the old, found when it is needed, and never taken for another."""

import os
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from care_platform.key_files import SIZE, KeyUnavailable, read_or_make_key
from care_platform.numbered_keys import (
    FIRST,
    MOST,
    KeyInUse,
    NumberedKeys,
    NumberedSeal,
    SealingKey,
    add_key,
    key_file,
    numbers_in,
)

NUMBERS = st.integers(0, MOST)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    read_or_make_key(tmp_path / "master.key")
    return tmp_path


def read(directory: Path) -> NumberedKeys[SealingKey]:
    return NumberedKeys(directory, "master", SealingKey)


def test_each_key_follows_the_newest_and_belongs_to_the_service_alone(keys: Path) -> None:
    assert [add_key(keys, "master").name for _ in range(2)] == ["master.1.key", "master.2.key"]
    (keys / "master.1.key").unlink()
    assert add_key(keys, "master").name == "master.3.key", "a number is not given twice"
    assert numbers_in(keys, "master") == [0, 2, 3]
    assert {it.stat().st_mode & 0o777 for it in keys.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "name", ["master.01.key", "master.256.key", "master.x.key", "amaster.1.key", "master.key.old"]
)
def test_other_files_are_not_taken_for_keys(keys: Path, name: str) -> None:
    (keys / name).touch()
    assert numbers_in(keys, "master") == [0]


def test_none_is_added_where_the_first_was_lost_or_numbers_end(keys: Path) -> None:
    with pytest.raises(KeyUnavailable, match="no mac key"):
        add_key(keys, "mac")
    read_or_make_key(keys / f"master.{MOST}.key")
    with pytest.raises(KeyUnavailable, match="numbers end"):
        add_key(keys, "master")


def test_a_key_that_is_added_later_is_found_and_one_that_is_missing_named_and_logged_once(keys: Path) -> None:
    known = read(keys)
    with capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(KeyUnavailable, match=r"^master\.1\.key is missing"):
                known[1]
    assert [line["reason"].split()[0] for line in lines] == ["master.1.key"]
    assert (known.lacking() or "").startswith("master.1.key")
    add_key(keys, "master")
    assert (known.newest, known.lacking()) == (1, None)
    assert known[1].fingerprint == read(keys)[1].fingerprint != known[0].fingerprint


@given(number=NUMBERS, other=NUMBERS, clear=st.binary(min_size=SIZE, max_size=SIZE))
def test_what_any_number_seals_that_number_opens_and_no_other(number: int, other: int, clear: bytes) -> None:
    keys = {each: SealingKey(bytes([each]) * SIZE) for each in {number, other}}
    seal = NumberedSeal(keys, SIZE)
    sealed = seal.seal(KeyInUse(number, keys[number].fingerprint), clear, b"here")
    assert seal.number(sealed) == number
    assert seal.open(sealed, b"here") == clear
    with pytest.raises(InvalidTag):
        seal.open(sealed, b"there")
    moved = seal.again(KeyInUse(other), sealed, b"here")
    assert (seal.number(moved), seal.open(moved, b"here")) == (other, clear)
    if number != other:
        with pytest.raises(KeyUnavailable):
            seal.seal(KeyInUse(number, keys[other].fingerprint), clear, b"here")


@given(key=st.binary(min_size=SIZE, max_size=SIZE), nonce=st.binary(min_size=12, max_size=12))
def test_the_form_from_before_numbers_opens_whatever_its_first_byte(key: bytes, nonce: bytes) -> None:
    released = nonce + AESGCM(key).encrypt(nonce, bytes(SIZE), b"here")
    seal = NumberedSeal({0: SealingKey(key)}, SIZE)
    assert seal.open(released, b"here") == bytes(SIZE)
    assert len(seal.seal(FIRST, bytes(SIZE), b"here")) == len(released), "releases before numbers open it"


@pytest.mark.parametrize("length", [0, 1, 27, 28, 59, 60, 61, 62])
def test_what_was_never_sealed_does_not_open(length: int) -> None:
    seal = NumberedSeal({0: SealingKey(bytes(SIZE)), 7: SealingKey(bytes(SIZE))}, SIZE)
    with pytest.raises(InvalidTag):
        seal.open(b"\7" * length, b"")


@pytest.mark.parametrize("number", [0, 1])
def test_a_value_whose_length_would_hide_the_number_is_not_sealed(number: int) -> None:
    seal = NumberedSeal({number: SealingKey(os.urandom(SIZE))}, SIZE)
    for length in (SIZE - 1, SIZE + 1):
        with pytest.raises(ValueError, match="another length"):
            seal.seal(KeyInUse(number), bytes(length), b"")


def test_the_first_is_not_made_anew_beside_later_ones(keys: Path) -> None:
    add_key(keys, "master")
    key_file(keys, "master", 0).unlink()
    assert list(read(keys)) == [1]
