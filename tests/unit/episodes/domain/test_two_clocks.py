"""What was known by then, of what was so then: the view as of two moments beside a naive one."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from episodes.access import Caller
from episodes.domain.event import Actor, RecordedEvent
from episodes.domain.time import When
from episodes.event_log.codec import Annotations, DataKey, decode, encode
from episodes.event_log.folding import fold
from episodes.reading import documents
from episodes.visibility import viewer
from tests.support.effort import usually
from tests.support.episodes import naive_judge, naive_model
from tests.support.episodes.random_histories import Story, histories, moments
from tests.support.episodes.scenario import NETWORK, NOW, THERAPIST, ZONE

KEY = DataKey(UUID(int=7), AESGCM(bytes(32)))
SERVICE = Caller(actor=Actor(id=THERAPIST, role="service"), network=NETWORK, clinics=None)
thorough = settings(
    max_examples=usually(100, 300), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def shown(entries: list[RecordedEvent[Any]], recorded_at: datetime | None, when: When | None) -> Any:
    """As the endpoint does it."""
    look = viewer(fold(entries), entries, SERVICE, NOW)
    known = [one for one in entries if recorded_at is None or one.metadata.recorded_at <= recorded_at]
    episode = fold(known)
    return None if episode is None else documents.state(look, episode, when)


def as_stored(entry: RecordedEvent[Any]) -> bytes:
    return encode(entry.metadata, entry.fact, Annotations(labels=entry.labels), KEY, bytes(12)).state


def without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nothing(part) for name, part in value.items() if part is not None}
    return [without_nothing(part) for part in value] if isinstance(value, list) else value


def boundaries(entries: list[RecordedEvent[Any]]) -> list[datetime]:
    """Where something begins or ends, and a breath to either side."""
    spans = naive_model.spans(naive_model.standing(entries))
    edges = [one.metadata.when.end for one in entries]
    edges += [time[0] for span in spans for time in (span["since"], span["until"]) if time]
    breath = timedelta(microseconds=1)
    return [edge + move for edge in sorted(set(edges)) for move in (-breath, timedelta(0), breath)]


@thorough
@given(histories, st.integers(0, 25), moments)
def test_a_view_as_of_two_moments_is_what_a_naive_recomputation_gives(
    story: Story, unknown: int, day: datetime
) -> None:
    entries = story.events
    recorded_at = entries[-1 - unknown % len(entries)].metadata.recorded_at
    known = [one for one in entries if one.metadata.recorded_at <= recorded_at]
    verdicts = naive_judge.verdicts(known)
    for occurred in (None, day, *boundaries(known)):
        when = None if occurred is None else When.of(occurred, "second", ZONE)
        told = naive_model.view(known, None if occurred is None else (occurred, "second", ZONE))
        for check in told.get("session-checks", ()):
            check["verdict_now"] = verdicts[check["id"]]
        assert without_nothing(shown(entries, recorded_at, when)) == without_nothing(told), occurred


@thorough
@given(histories, st.none() | moments)
def test_rebuilding_twice_gives_the_same_bytes(story: Story, occurred: datetime | None) -> None:
    events = [
        encode(one.metadata, one.fact, Annotations(labels=one.labels), KEY, bytes(12)) for one in story.events
    ]
    when = None if occurred is None else When.of(occurred, "second", ZONE)
    once, twice = (
        to_json(shown([decode(event, {KEY.id: KEY}) for event in events], None, when)) for _ in range(2)
    )
    assert once == twice
