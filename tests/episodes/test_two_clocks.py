"""What was known by then, of what was so then: the view as of two moments beside a naive one."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from episodes.application import views
from episodes.application.commands import Caller
from episodes.application.folding import fold
from episodes.application.recording import Beside, DataKey, loaded, stored
from episodes.application.viewing import viewer
from episodes.domain.envelope import Actor, Recorded
from episodes.domain.time import When
from tests.episodes import naive
from tests.episodes.histories import Story, histories, moments
from tests.episodes.scenario import NETWORK, NOW, THERAPIST, ZONE

KEY = DataKey(UUID(int=7), AESGCM(bytes(32)))
SERVICE = Caller(actor=Actor(id=THERAPIST, role="service"), network=NETWORK, clinics=None)
thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def shown(entries: list[Recorded[Any]], recorded_at: datetime | None, when: When | None) -> Any:
    """As the endpoint does it."""
    look = viewer(fold(entries), entries, SERVICE, NOW)
    known = [one for one in entries if recorded_at is None or one.header.recorded_at <= recorded_at]
    episode = fold(known)
    return None if episode is None else views.state(look, episode, when)


def as_stored(entry: Recorded[Any]) -> bytes:
    return stored(entry.header, entry.fact, Beside(labels=entry.labels), KEY, bytes(12)).state


def without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nothing(part) for name, part in value.items() if part is not None}
    return [without_nothing(part) for part in value] if isinstance(value, list) else value


def boundaries(entries: list[Recorded[Any]]) -> list[datetime]:
    """Where something begins or ends, and a breath to either side."""
    spans = naive.spans(naive.standing(entries))
    edges = [one.header.when.end for one in entries]
    edges += [time[0] for span in spans for time in (span["since"], span["until"]) if time]
    breath = timedelta(microseconds=1)
    return [edge + move for edge in sorted(set(edges)) for move in (-breath, timedelta(0), breath)]


@thorough
@given(histories, st.integers(0, 25), moments)
def test_a_view_as_of_two_moments_is_what_a_naive_recomputation_gives(
    story: Story, unknown: int, day: datetime
) -> None:
    entries = story.events
    recorded_at = entries[-1 - unknown % len(entries)].header.recorded_at
    known = [one for one in entries if one.header.recorded_at <= recorded_at]
    for occurred in (None, day, *boundaries(known)):
        when = None if occurred is None else When.of(occurred, "second", ZONE)
        told = naive.view(known, None if occurred is None else (occurred, "second", ZONE))
        assert without_nothing(shown(entries, recorded_at, when)) == without_nothing(told), occurred


@thorough
@given(histories, st.none() | moments)
def test_rebuilding_twice_gives_the_same_bytes(story: Story, occurred: datetime | None) -> None:
    states = [
        stored(one.header, one.fact, Beside(labels=one.labels), KEY, bytes(12)).state for one in story.events
    ]
    when = None if occurred is None else When.of(occurred, "second", ZONE)
    once, twice = (
        to_json(shown([loaded(state, {KEY.id: KEY}) for state in states], None, when)) for _ in range(2)
    )
    assert once == twice
