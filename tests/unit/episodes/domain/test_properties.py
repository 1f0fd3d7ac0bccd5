"""Whatever is asked in whatever order: decisions refuse or record, and state never fails."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from episodes.domain.care.amendments import EntryRetracted
from episodes.domain.decision import Command
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent, Redacted
from episodes.domain.refusals import Refused
from episodes.domain.time import PRECISIONS, When
from episodes.domain.vocabulary import BY_FACT, decide, evolve
from episodes.event_log.codec import Annotations, DataKey, decode, encode
from tests.support.episodes import care_facts
from tests.support.episodes.random_facts import IDS, facts, moments
from tests.support.episodes.scenario import (
    CLIENT,
    CLINIC,
    EPISODE,
    NETWORK,
    NOW,
    SUBJECT,
    ZONE,
    past,
    recorded,
)

KEY = DataKey(UUID(int=7), AESGCM(bytes(32)))

likely = st.sampled_from(
    [
        care_facts.an_episode,
        care_facts.a_baseline,
        care_facts.a_plan,
        care_facts.a_check,
        care_facts.judged("stop"),
        care_facts.a_flag(),
        care_facts.a_closure,
        care_facts.a_reopening,
        care_facts.a_retraction,
        care_facts.a_hold,
        care_facts.a_correction_of("assessed.1", care_facts.a_baseline),
        care_facts.a_correction_of("red-flag-raised.1", care_facts.a_flag(holds_care=False)),
        care_facts.a_flag_clearing,
        care_facts.a_transfer(),
        care_facts.a_referral(),
        care_facts.an_acceptance,
        care_facts.a_sharing_consent(),
        *(care_facts.a_session(NOW.replace(day=day)) for day in (3, 9)),
        *(care_facts.a_refinement(planned_sessions=sessions) for sessions in (3, 4)),
        *(care_facts.a_consent(NOW.replace(day=day)) for day in (1, 2)),
    ]
)
times = st.builds(When.of, moments, st.sampled_from(PRECISIONS), st.just(ZONE))
commands = st.lists(
    st.tuples(likely | facts(), times, st.none() | st.sampled_from(IDS)), min_size=1, max_size=12
)
thorough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def before() -> Episode:
    return Episode(id=EPISODE, network=NETWORK, clinic=CLINIC, client=CLIENT)


def history(asked: list[tuple[Any, When, UUID | None]]) -> list[tuple[RecordedEvent[Any], Episode]]:
    """Each event that was recorded, and the state there was after it."""
    episode, so_far = before(), list[tuple[RecordedEvent[Any], Episode]]()
    for draft, when, about in asked:
        own_time = BY_FACT[type(draft)].own_time
        command = Command(
            draft=draft,
            when=when if own_time is None else own_time(draft, ZONE),
            now=NOW,
            event_ids=IDS[len(so_far) :],
            subject=SUBJECT,
            about=about,
        )
        try:
            decisions = decide(episode, command)
        except Refused:
            continue
        for decided in decisions:
            header = recorded(past(decided.fact, decided.when), len(so_far) + 1, len(so_far) + 1).metadata
            entry = RecordedEvent(replace(header, event_id=IDS[len(so_far)]), decided.fact)
            episode = evolve(episode, entry)
            so_far.append((entry, episode))
    return so_far


@thorough
@given(commands)
def test_replaying_any_prefix_gives_the_state_that_was_there(asked: list[Any]) -> None:
    episode: Episode | None = before()
    for entry, then in history(asked):
        episode = evolve(episode, entry)
        assert episode == then


@thorough
@given(commands)
def test_replaying_from_what_is_stored_gives_the_same_state(asked: list[Any]) -> None:
    episode: Episode | None = before()
    for entry, then in history(asked):
        event = encode(entry.metadata, entry.fact, Annotations(), KEY, bytes(12))
        episode = evolve(episode, decode(event, {KEY.id: KEY}))
        assert episode == then


@thorough
@given(commands, st.data())
def test_with_any_of_its_events_redacted_an_episode_still_folds(
    asked: list[Any], data: st.DataObject
) -> None:
    told = history(asked)
    gone = data.draw(st.sets(st.integers(0, max(len(told) - 1, 0))))
    episode: Episode | None = None
    for place, (entry, _) in enumerate(told):
        episode = evolve(episode, RecordedEvent(entry.metadata, Redacted()) if place in gone else entry)
        assert episode.version == place + 1


@thorough
@given(commands)
def test_versions_and_sequences_have_no_gap_and_nothing_is_forgotten(asked: list[Any]) -> None:
    gone = 0
    for version, (entry, episode) in enumerate(history(asked), start=1):
        gone += isinstance(entry.fact, EntryRetracted)
        assert (episode.version, episode.sequence) == (version, version)
        assert len(episode.entries) == version - gone
