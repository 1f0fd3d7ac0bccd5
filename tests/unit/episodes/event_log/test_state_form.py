"""A state read from its bytes is the state that its events are folded to, whatever process wrote them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from eventsourcing.persistence import StoredEvent
from hypothesis import HealthCheck, given, settings

from episodes.domain.episode import Episode
from episodes.event_log.codec import Annotations, encode
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.state_form import FOLD, state_from_bytes, state_to_bytes
from tests.support.effort import usually
from tests.support.episodes.batches import an_episode_of
from tests.support.episodes.care_facts import OPENED, a_check
from tests.support.episodes.corpus import GOLDEN
from tests.support.episodes.golden_events import KEYS as GOLDEN_KEYS
from tests.support.episodes.golden_events import golden, sealed
from tests.support.episodes.random_histories import Story, histories, stranger_histories
from tests.support.episodes.scenario import march, past
from tests.unit.episodes.domain.test_deciding import KEY, KEYS

PINNED = (1, "70f174a656f1a53404d6a26bd5be2ed6c5a098e2fd7858433b4889a287be77bf")
"""The version of the fold, and the digest of the state that it makes of the golden events."""
OF_THE_GOLDEN_EVENTS = (
    "from tests.unit.episodes.event_log.test_state_form import golden_state; print(golden_state())"
)


def golden_state() -> str:
    """The digest of the state after one event of each kind, which all are of one episode."""
    documents = [golden(path.stem) for path in GOLDEN.glob("*.json")]
    documents.sort(key=lambda document: document["header"]["version"])
    cached = folded(None, [sealed(document) for document in documents], GOLDEN_KEYS)
    assert cached is not None
    return sha256(state_to_bytes(cached.episode)).hexdigest()


def stored(story: Story) -> list[StoredEvent]:
    return [
        encode(entry.metadata, entry.fact, Annotations(labels=entry.labels), KEY, bytes(12))
        for entry in story.events
    ]


def as_stored(episode: Episode) -> list[bytes]:
    """Its entries as they would be stored: times that compare as equal may still be of different offsets."""
    beside = Annotations()
    entries = ((replace(entry.metadata, key_id=KEY.id), entry.fact) for entry in episode.entries)
    return [encode(header, fact, beside, KEY, bytes(12)).state for header, fact in entries]


def state_of(events: Sequence[StoredEvent], before: CachedEpisode | None = None) -> CachedEpisode:
    cached = folded(before, events, KEYS)
    assert cached is not None
    return cached


@settings(max_examples=usually(100, 400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories | stranger_histories)
def test_it_is_the_same_state_at_every_length_and_goes_on_alike(story: Story) -> None:
    events = stored(story)
    whole = state_to_bytes(state_of(events).episode)
    for length in range(1, len(events)):
        cached = state_of(events[:length])
        written = state_to_bytes(cached.episode)
        read = CachedEpisode(state_from_bytes(written), cached.weight)
        assert read.episode == cached.episode
        assert as_stored(read.episode) == as_stored(cached.episode)
        assert state_to_bytes(read.episode) == written
        assert state_to_bytes(state_of(events[length:], read).episode) == whole


def test_what_is_said_again_is_one_object() -> None:
    episode = an_episode_of(OPENED, past(a_check, march(2, 10)), past(a_check, march(9, 10)))
    _, one, other = state_from_bytes(state_to_bytes(episode)).entries
    assert one.metadata.actor is other.metadata.actor
    assert one.fact.screening is other.fact.screening


def test_every_process_writes_the_same() -> None:
    command = [sys.executable, "-c", OF_THE_GOLDEN_EVENTS]
    written = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        written.add(done.stdout)
    assert written == {f"{golden_state()}\n"}


def test_the_fold_is_the_one_that_its_version_names() -> None:
    """If events make another state, raise `FOLD`: no snapshot of the former may be used. If only the fields
    of a fact changed, which snapshots notice by themselves, pin the new digest.
    """
    assert (FOLD, golden_state()) == PINNED
