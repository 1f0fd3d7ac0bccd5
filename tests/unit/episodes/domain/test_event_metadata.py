"""What every event adds to the state, whatever it says."""

from datetime import timedelta

from episodes.domain.event import RecordedEvent, Redacted
from episodes.domain.vocabulary import evolve
from tests.support.episodes.care_facts import OPENED
from tests.support.episodes.scenario import CLIENT, CLINIC, EPISODE, NETWORK, NOW, given, past, recorded


def test_a_private_event_counts_in_the_version_but_not_in_the_sequence() -> None:
    opened = evolve(None, recorded(OPENED, version=1, sequence=1))
    private = evolve(opened, recorded(OPENED, version=2))
    published = evolve(private, recorded(OPENED, version=3, sequence=2))
    assert [(it.version, it.sequence) for it in (opened, private, published)] == [(1, 1), (2, 1), (3, 2)]


def test_an_episode_is_known_from_its_first_event_even_if_that_is_redacted() -> None:
    entry = recorded(OPENED, version=1)
    episode = evolve(None, RecordedEvent(entry.metadata, Redacted()))
    assert (episode.id, episode.network, episode.clinic, episode.client) == (EPISODE, NETWORK, CLINIC, CLIENT)
    assert episode.entry(entry.metadata.event_id) is None


def test_state_knows_when_it_last_learned_something() -> None:
    assert given(OPENED).episode.recorded_at == NOW - timedelta(minutes=1)


def test_labels_stay_with_their_entry() -> None:
    labelled = past(OPENED.fact, OPENED.when, "mental_health")
    assert given(labelled).episode.entries[0].labels == ("mental_health",)
