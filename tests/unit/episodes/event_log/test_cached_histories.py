"""What a cache has room for changes no state: of any two histories, read on event by event in turns."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from math import ceil
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import HealthCheck, given, settings

from episodes.domain.deciding import for_deciding
from episodes.domain.episode import Episode
from episodes.event_log.cache import FACTOR, Cache
from episodes.event_log.codec import Annotations, encode
from episodes.event_log.folding import folded
from tests.support.effort import usually
from tests.support.episodes.batches import KEY
from tests.support.episodes.random_histories import Story, histories

IDS = (UUID(int=901), UUID(int=902))


def stored(story: Story, identifier: UUID) -> list[StoredEvent]:
    """The events of a story, as those of this episode."""
    return [
        encode(
            replace(entry.metadata, episode_id=identifier, key_id=KEY.id),
            entry.fact,
            Annotations(labels=entry.labels),
            KEY,
            bytes(12),
        )
        for entry in story.events
    ]


def room_for(how_many: str, logs: Sequence[Sequence[StoredEvent]]) -> int:
    sizes = [sum(len(event.state) for event in log) for log in logs]
    return ceil(FACTOR * {"nothing": 0, "one": max(sizes), "everything": sum(sizes)}[how_many])


def told(episode: Episode) -> tuple[object, ...]:
    """What deciding needs of a state."""
    entries = [for_deciding(entry).fact for entry in episode.entries]
    spans = [(for_deciding(span.entry).fact, span.interval) for span in episode.spans]
    return episode.version, episode.sequence, episode.judged_until, entries, spans


@pytest.mark.parametrize("how_many", ["nothing", "one", "everything"])
@settings(
    max_examples=usually(20, 100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(histories, histories)
def test_whatever_is_cached_each_state_is_the_one_that_came_of_the_commands(
    how_many: str, first: Story, second: Story
) -> None:
    """That one is held beside a naive model elsewhere."""
    logs = dict(zip(IDS, (stored(first, IDS[0]), stored(second, IDS[1])), strict=True))
    cache = Cache(room_for(how_many, list(logs.values())))
    for turn in zip_longest(first, second):
        for identifier, happened in zip(IDS, turn, strict=True):
            if happened is None or not happened.episode.version:
                continue
            before = cache.get(identifier)
            newer = logs[identifier][before.episode.version if before else 0 : happened.episode.version]
            now = folded(before, newer, {KEY.id: KEY})
            assert now is not None
            cache.keep({identifier: now})
            assert told(now.episode) == told(happened.episode)
