"""A long episode is opened and shown beside the event loop, a usual one on it; of a page only the page."""

import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from episodes.event_log.episodes import LONG_BYTES, LONG_EVENTS, Entries, Episodes, Part
from episodes.event_log.outline import Outline
from episodes.event_log.reader import Database
from tests.support.databases import episodes_database
from tests.support.episodes.log_writer import Episode, Log, opening, session
from tests.support.servers.postgres import PostgresServer


class Place(NamedTuple):
    log: Log
    episodes: Episodes

    def episode(self, sessions: int, words: str = "few") -> Episode:
        """An episode in the log with so many sessions after its opening."""
        episode = self.log.episode()
        self.log.record([(episode, opening(episode)), *((episode, session(words)) for _ in range(sessions))])
        return episode

    async def read(self, episode: Episode, part: Part | None = None) -> tuple[Entries, str]:
        """The events that were opened, and the thread which was to show them."""

        def show(_: Outline, entries: Entries) -> tuple[Entries, str]:
            return entries, threading.current_thread().name

        return await self.episodes.shown("demo", episode.id, None, lambda _: True, show, lambda _: part)


@pytest.fixture
async def place(postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[Place]:
    database = episodes_database(postgres)
    with closing(Log(database, tmp_path)) as log:
        opened = Database(database.url("api"), size=1)
        await opened.open()
        try:
            yield Place(log, Episodes(opened, log.keyring.unwrap))
        finally:
            await opened.close()


def versions(entries: Entries) -> list[int]:
    return [entry.metadata.version for entry in entries]


async def test_who_opens_it_depends_on_how_much_there_is(place: Place) -> None:
    loop = threading.current_thread().name
    cases: list[tuple[int, str, bool]] = [
        (LONG_EVENTS - 1, "few", False),
        (LONG_EVENTS, "few", True),
        (3, "w" * (LONG_BYTES // 4), False),
        (4, "w" * (LONG_BYTES // 4), True),
    ]
    for sessions, words, apart in cases:
        entries, thread = await place.read(place.episode(sessions, words))
        assert versions(entries) == list(range(1, sessions + 2))
        assert (thread != loop) == apart, (sessions, len(words))


async def test_of_a_long_episode_every_event_is_read_once(place: Place) -> None:
    entries, _ = await place.read(place.episode(250))
    assert versions(entries) == list(range(1, 252))
    assert {type(entry.fact).__name__ for entry in entries} == {"EpisodeOpened", "SessionDelivered"}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part(0, 2), [1, 2]),
        (Part(2, 4), [3, 4]),
        (Part(1, 3, frozenset({"session-delivered.1"})), [2, 3, 4, 5, 6]),
        (Part(5, 900), [6]),
        (Part(6, 900), []),
    ],
)
async def test_of_a_part_nothing_else_is_opened(place: Place, part: Part, expected: list[int]) -> None:
    loop = threading.current_thread().name
    entries, thread = await place.read(place.episode(5), part)
    assert versions(entries) == expected
    assert thread == loop


async def test_what_goes_wrong_apart_from_the_loop_is_told(place: Place) -> None:
    def fail(_: Outline, __: Entries) -> Any:
        raise LookupError(threading.current_thread().name)

    episode = place.episode(LONG_EVENTS)
    with pytest.raises(LookupError, match="long-episodes"):
        await place.episodes.shown("demo", episode.id, None, lambda _: True, fail)
