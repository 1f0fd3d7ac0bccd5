"""A snapshot opens as what was sealed, at its own place, and as nothing else."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent

from episodes.event_log import snapshots
from episodes.event_log.codec import DataKey
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.snapshot_rows import due
from episodes.event_log.snapshots import Unusable, opened, sealed, started
from tests.support.episodes.corpus import GOLDEN
from tests.support.episodes.golden_events import KEY, KEYS, golden
from tests.support.episodes.golden_events import sealed as stored_golden

ERASED = {KEY.id: DataKey(KEY.id, None)}
OTHER_KEY = {KEY.id: DataKey(KEY.id, AESGCM(bytes(32)))}
LENGTH = 12


def event(name_or_document: Any, **header: Any) -> StoredEvent:
    document = dict(name_or_document)
    return stored_golden(document | {"header": document["header"] | header})


def documents() -> list[dict[str, Any]]:
    found = [golden(path.stem) for path in GOLDEN.glob("*.json")]
    return sorted(found, key=lambda document: document["header"]["version"])


EVENTS = [event(document) for document in documents()]
EPISODE = UUID(str(EVENTS[0].originator_id))


def state_of(events: list[StoredEvent], before: CachedEpisode | None = None) -> CachedEpisode:
    cached = folded(before, events, KEYS)
    assert cached is not None
    return cached


SNAPSHOT = sealed(state_of(EVENTS[:LENGTH]), KEY)
LAST = EVENTS[LENGTH - 1]


def test_it_opens_as_the_state_that_was_sealed_and_goes_on() -> None:
    state = opened(SNAPSHOT, LAST, KEYS)
    assert state == state_of(EVENTS[:LENGTH])
    assert state_of(EVENTS[LENGTH:], state) == state_of(EVENTS)


def test_nothing_of_it_can_be_read_without_the_key() -> None:
    assert b"demo" not in SNAPSHOT
    assert sealed(state_of(EVENTS[:LENGTH]), KEY) != SNAPSHOT, "a nonce is never used twice"


@pytest.mark.parametrize("byte", [*range(0, len(SNAPSHOT), 97), len(SNAPSHOT) - 1])
def test_a_damaged_one_does_not_open(byte: int) -> None:
    damaged = bytearray(SNAPSHOT)
    damaged[byte] ^= 1
    with pytest.raises(Unusable):
        opened(bytes(damaged), LAST, KEYS)


@pytest.mark.parametrize("length", [0, 5, 12, 28, len(SNAPSHOT) - 1])
def test_one_that_was_cut_off_does_not_open(length: int) -> None:
    with pytest.raises(Unusable):
        opened(SNAPSHOT[:length], LAST, KEYS)


@pytest.mark.parametrize("keys", [{}, ERASED, OTHER_KEY], ids=["no-key", "erased", "another-key"])
def test_it_opens_with_no_other_key(keys: dict[UUID, DataKey]) -> None:
    with pytest.raises(Unusable):
        opened(SNAPSHOT, LAST, keys)


@pytest.mark.parametrize(
    "after",
    [
        EVENTS[LENGTH - 2],
        EVENTS[LENGTH],
        event(documents()[LENGTH - 1], recorded_at="2026-06-01T00:00:00Z"),
        event(documents()[LENGTH - 1], network="other"),
        event(documents()[LENGTH - 1], episode_id="0c000000-0000-4000-8000-0000000000e9"),
    ],
    ids=["event-before", "event-after", "another-event", "another-network", "another-episode"],
)
def test_it_opens_after_no_other_event(after: StoredEvent) -> None:
    with pytest.raises(Unusable):
        opened(SNAPSHOT, after, KEYS)


def test_one_of_another_form_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "FORM", bytes(32))
    with pytest.raises(Unusable):
        opened(SNAPSHOT, LAST, KEYS)


def test_what_this_process_recorded_itself_is_not_sealed_because_its_row_is_not_known() -> None:
    with pytest.raises(ValueError, match="the row"):
        sealed(replace(state_of(EVENTS), row=b""), KEY)
    with pytest.raises(ValueError, match="the key"):
        sealed(state_of(EVENTS), ERASED[KEY.id])


def test_where_it_is_of_no_use_all_events_are_read() -> None:
    other = UUID(int=9)

    def whole(episodes: Any) -> dict[UUID, list[StoredEvent]]:
        assert list(episodes) == [EPISODE]
        return {EPISODE: EVENTS}

    tail = EVENTS[LENGTH - 1 :]
    good = started({EPISODE: SNAPSHOT, other: SNAPSHOT}, {EPISODE: tail}, KEYS, whole)
    assert set(good.states) == {EPISODE}
    assert (good.events[EPISODE], good.used) == (tail[1:], {EPISODE: True})
    bad = started({EPISODE: SNAPSHOT[:-1]}, {EPISODE: tail}, KEYS, whole)
    assert (bad.states, bad.events, bad.used) == ({}, {EPISODE: EVENTS}, {EPISODE: False})


@pytest.mark.parametrize(
    ("version", "kept", "again"),
    [
        (7, 0, False),
        (8, 0, True),
        (15, 8, False),
        (16, 8, True),
        (899, 800, False),
        (900, 800, True),
        (5, 9, True),
    ],
)
def test_an_episode_gets_a_new_one_once_it_has_grown_enough_or_was_cut_back(
    version: int, kept: int, again: bool
) -> None:
    assert due(version, kept) is again
