"""A position of the feed tells its reader nothing, and only this service can make one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_platform.http.malformed import Malformed
from episodes.publishing.feed_positions import BEGINNING, FeedPosition, FeedPositions

POSITIONS = FeedPositions(bytes(range(64)))
PLACES = st.builds(FeedPosition, st.integers(0, 2**63 - 1), st.binary(min_size=8, max_size=8))
NETWORKS = st.sampled_from(["demo", "other", "d", "demo other"])


@given(NETWORKS, PLACES)
def test_a_position_is_read_as_it_was_told_and_is_always_the_same_text(
    network: str, place: FeedPosition
) -> None:
    text = POSITIONS.text(network, place)
    assert POSITIONS.read(network, text) == place
    assert text == FeedPositions(bytes(range(64))).text(network, place)
    assert len(text) == 48


@given(NETWORKS, PLACES, st.integers(0, 47), st.integers(1, 63))
def test_a_changed_position_is_refused(network: str, place: FeedPosition, at: int, by: int) -> None:
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = bytearray(POSITIONS.text(network, place).encode())
    text[at] = alphabet[(alphabet.index(text[at]) + by) % 64]
    with pytest.raises(Malformed):
        POSITIONS.read(network, text.decode())


@pytest.mark.parametrize(
    "text", ["", "p", "pG", "q1", "A" * 48, "A" * 47, "A" * 49, "p" + "f" * 16, "ä" * 48]
)
def test_what_this_service_did_not_make_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        POSITIONS.read("demo", text)
    assert (refused.value.pointer, refused.value.rule) == ("/query/after", "position")


def test_a_position_is_of_one_network_and_of_one_key() -> None:
    text = POSITIONS.text("demo", FeedPosition(7))
    for reader, network in ((POSITIONS, "other"), (FeedPositions(bytes(64)), "demo")):
        with pytest.raises(Malformed):
            reader.read(network, text)


def test_neighbours_have_nothing_in_common_that_tells_how_far_they_lie_apart() -> None:
    event = UUID(int=5).bytes[:8]
    told = [urlsafe_b64decode(POSITIONS.text("demo", FeedPosition(place, event))) for place in range(64)]
    for place in range(36):
        assert len({text[place] for text in told}) > 32, "a byte that hardly changes would count along"


def test_a_position_of_the_release_before_is_taken() -> None:
    assert POSITIONS.read("demo", "pff") == FeedPosition(255)
    assert POSITIONS.read("demo", "p0") == BEGINNING
    assert urlsafe_b64encode(bytes(36)).decode() == "A" * 48
