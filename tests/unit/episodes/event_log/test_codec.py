"""Facts to stored bytes and back: sealed, bound to their place, and readable for ever."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.domain.event import Actor, EventMetadata, RecordedEvent, Redacted
from episodes.domain.vocabulary import BY_FACT, STEPS
from episodes.event_log.codec import Annotations, DataKey, SourceRef, decode, encode, metadata_of
from episodes.event_log.folding import folded
from episodes.event_log.stored_form import Damaged, FromLaterRelease, new_salt, parts
from tests.support.episodes.corpus import FACTS, GOLDEN
from tests.support.episodes.golden_events import KEY, KEYS, NONCE, golden, sealed
from tests.support.episodes.random_facts import facts
from tests.support.episodes.scenario import EPISODE, NOW, past, recorded

NAMES = [step.name for step in STEPS]


SALT = bytes(range(100, 132))
FORMATS = pytest.mark.parametrize("salt", [None, SALT], ids=["format 1", "format 2"])


def store(fact: Any, version: int = 1, salt: bytes | None = SALT, **beside: Any) -> StoredEvent:
    header = replace(recorded(past(fact, NOW), version).metadata, key_id=KEY.id)
    return encode(header, fact, Annotations(**beside), KEY, NONCE, salt)


@FORMATS
@settings(max_examples=100, deadline=None)
@given(facts())
def test_every_fact_comes_back_as_it_was_stored(salt: bytes | None, fact: Any) -> None:
    event = store(fact, salt=salt, labels=("abuse",))
    back = decode(event, KEYS)
    assert (back.fact, back.labels) == (fact, ("abuse",))
    assert metadata_of(event) == back.metadata
    assert (event.originator_id, event.originator_version) == (EPISODE, 1)
    assert event.topic == BY_FACT[type(fact)].name


def test_a_header_comes_back_with_all_it_says() -> None:
    one = UUID(int=1)
    full = EventMetadata(
        event_id=one,
        type="episode-closed.1",
        episode_id=one,
        version=4,
        network="northwest",
        clinic=one,
        occurred_at=NOW,
        precision="month",
        zone="America/Los_Angeles",
        recorded_at=NOW,
        origin="late",
        actor=Actor(id=one, role="service", organisation=one),
        client=one,
        command_id=one,
        correlation_id=one,
        key_id=KEY.id,
        performer=one,
        on_behalf_of=one,
        purpose="treatment",
        causation_id=one,
        sequence=3,
    )
    event = encode(full, FACTS["episode-closed.1"], Annotations(), KEY, NONCE)
    assert metadata_of(event) == full


@FORMATS
def test_the_event_id_stands_where_the_index_looks_for_it(salt: bytes | None) -> None:
    event = store(FACTS["assessed.1"], salt=salt)
    assert event.state[18 : 18 + 36].decode() == str(metadata_of(event).event_id)


def test_nothing_of_the_payload_is_in_the_clear() -> None:
    closed = replace(FACTS["episode-closed.1"], summary="a very private summary")
    state = store(
        closed, labels=("sexual_health",), source_ref=SourceRef(system="chart", value="MRN-1")
    ).state
    for word in (b"private", b"goal_achieved", b"back at work", b"sexual_health", b"MRN-1"):
        assert word not in state


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"event_id": UUID(int=9)},
        {"episode_id": UUID(int=9)},
        {"version": 9},
        {"type": "plan-refined.1"},
    ],
)
@FORMATS
def test_a_payload_moved_to_another_place_is_seen(salt: bytes | None, elsewhere: dict[str, Any]) -> None:
    event = store(FACTS["plan-set.1"], salt=salt)
    metadata = replace(metadata_of(event), **elsewhere)
    moved = encode(metadata, FACTS["plan-refined.1"], Annotations(), KEY, NONCE, salt)
    tail = event.state[5 + int.from_bytes(event.state[1:5], "big") :]
    head = moved.state[: 5 + int.from_bytes(moved.state[1:5], "big")]
    with pytest.raises(Damaged, match="does not match its seal"):
        decode(replace(moved, state=head + tail), KEYS)


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=0), st.integers(1, 255))
@FORMATS
def test_any_altered_byte_of_the_seal_is_seen(salt: bytes | None, place: int, change: int) -> None:
    event = store(FACTS["session-not-delivered.1"], salt=salt)
    state = bytearray(event.state)
    start = 5 + int.from_bytes(state[1:5], "big")
    state[start + place % (len(state) - start)] ^= change
    with pytest.raises(Damaged):
        decode(replace(event, state=bytes(state)), KEYS)


@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=0), st.integers(1, 255))
def test_any_altered_byte_of_the_whole_is_seen(place: int, change: int) -> None:
    event = store(FACTS["session-not-delivered.1"])
    state = bytearray(event.state)
    state[place % len(state)] ^= change
    with pytest.raises(Damaged):
        decode(replace(event, state=bytes(state)), KEYS)


def test_the_header_commits_to_the_payload_as_it_was_written() -> None:
    event = store(FACTS["episode-closed.1"])
    end = 5 + int.from_bytes(event.state[1:5], "big")
    assert KEY.cipher is not None
    told = KEY.cipher.decrypt(event.state[end : end + 12], event.state[end + 12 :], event.state[:end])
    assert told.startswith(SALT)
    assert json.loads(told[32:])["fact"]["reason"] == FACTS["episode-closed.1"].reason
    assert json.loads(event.state[5:end])["commitment"] == sha256(told).hexdigest()


def test_equal_payloads_have_unlike_commitments() -> None:
    one, other = (store(FACTS["assessed.1"], salt=new_salt()).state for _ in range(2))
    assert parts(one).header[-66:] != parts(other).header[-66:]


def test_a_payload_other_than_the_header_commits_to_is_seen() -> None:
    event = store(FACTS["assessed.1"])
    head, cipher = event.state[: 5 + int.from_bytes(event.state[1:5], "big")], KEY.cipher
    assert cipher is not None
    forged = head + NONCE + cipher.encrypt(NONCE, SALT + b"{}", head)
    with pytest.raises(Damaged, match="commits to another payload"):
        decode(replace(event, state=forged), KEYS)


@pytest.mark.parametrize("state", [b"", b"\x02rest", b"\x02\x00\x00\x00\x02{}rest", b"\x03rest", b"{}"])
def test_bytes_of_another_format_are_damaged_and_not_guessed_at(state: bytes) -> None:
    with pytest.raises(Damaged):
        metadata_of(StoredEvent(EPISODE, 1, "episode-opened.1", state))


def test_an_erased_clients_key_seals_nothing() -> None:
    with pytest.raises(ValueError, match="erased"):
        encode(
            recorded(past(FACTS["episode-closed.1"], NOW), 1).metadata,
            FACTS["episode-closed.1"],
            Annotations(),
            DataKey(KEY.id, None),
            NONCE,
        )


def test_without_its_key_an_event_loads_as_redacted_and_folding_goes_on() -> None:
    keys = {KEY.id: DataKey(KEY.id, None)}
    history = sorted(map(golden, FACTS), key=lambda document: document["header"]["version"])
    for version, document in enumerate(history, 1):
        document["header"]["version"] = version
    events = [sealed(document) for document in history]
    back = [decode(event, keys) for event in events]
    assert all(isinstance(entry.fact, Redacted) for entry in back)
    assert [entry.metadata for entry in back] == [metadata_of(event) for event in events]
    erased, known = folded(None, events, keys), folded(None, events, KEYS)
    assert erased is not None
    assert known is not None
    assert (erased.episode.version, erased.episode.entries) == (len(FACTS), ())
    assert erased.episode.sequence == known.episode.sequence
    assert (erased.whole, known.whole) == (False, True)


@pytest.mark.parametrize("keys", [{}, {UUID(int=99): DataKey(UUID(int=99), None)}])
def test_a_key_that_is_not_found_is_damage_and_no_erasure(keys: dict[UUID, DataKey]) -> None:
    with pytest.raises(Damaged, match="sealed with a key that is not found"):
        folded(None, [sealed(golden("episode-opened.1"))], keys)


def test_of_an_event_of_a_later_release_no_state_is_made() -> None:
    of_today, of_later = golden("episode-opened.1"), golden("episode-opened.1")
    of_later["header"] |= {"type": "sung.1", "version": 2}
    with pytest.raises(FromLaterRelease):
        folded(None, [sealed(of_today), sealed(of_later)], KEYS)


def test_an_authentic_event_with_a_value_of_a_later_release_is_of_a_later_release() -> None:
    of_later = golden("episode-opened.1")
    of_later["payload"]["fact"]["complaint"] = "sung"
    with pytest.raises(FromLaterRelease):
        decode(sealed(of_later), KEYS)


def test_an_erased_clients_event_of_a_later_release_is_redacted() -> None:
    of_later = golden("episode-opened.1")
    of_later["header"] |= {"type": "sung.1"}
    erased = {identifier: DataKey(identifier, None) for identifier in KEYS}
    assert decode(sealed(of_later), erased).fact == Redacted()


# History is for ever: what was ever stored must load, whatever later releases think of it.


def test_the_corpus_holds_every_name_that_may_be_stored() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == sorted(NAMES)
    assert sorted(FACTS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_stored_once_loads_for_ever(name: str) -> None:
    back = decode(sealed(golden(name)), KEYS)
    assert back.fact == FACTS[name]
    assert back.metadata.type == name


def first_sealed() -> StoredEvent:
    """An opening in the very bytes that the first release stored."""
    state = bytes.fromhex((GOLDEN / "sealed.hex").read_text())
    header = json.loads(state[5 : 5 + int.from_bytes(state[1:5], "big")])
    return StoredEvent(UUID(header["episode_id"]), header["version"], header["type"], state)


def test_the_bytes_of_the_first_release_still_load() -> None:
    assert decode(first_sealed(), KEYS).fact == FACTS["episode-opened.1"]


def test_the_same_event_is_still_stored_in_the_same_bytes() -> None:
    event, fact = first_sealed(), FACTS["episode-opened.1"]
    assert encode(metadata_of(event), fact, Annotations(), KEY, NONCE) == event


@pytest.mark.parametrize("name", NAMES)
def test_what_this_release_does_not_know_is_ignored(name: str) -> None:
    document = golden(name)
    document["header"]["mood"] = {"of": "tomorrow"}
    document["payload"]["surprise"] = 1
    document["payload"]["fact"]["invented_later"] = ["x"]
    assert decode(sealed(document), KEYS).fact == FACTS[name]


def test_codes_and_ranges_of_other_releases_load() -> None:
    document = golden("session-delivered.1")
    fact = document["payload"]["fact"]
    fact["techniques"][0] |= {"code": "retired_technique", "pressure": 9, "minutes": 5_000}
    fact["place"] = "moon"
    fact["breaches"] = [{"rule": "rule-of-another-release", "rules_version": "0"}]
    back: RecordedEvent[Any] = decode(sealed(document), KEYS)
    assert (back.fact.techniques[0].code, back.fact.place) == ("retired_technique", "moon")
    assert back.fact.breaches[0].rule == "rule-of-another-release"
