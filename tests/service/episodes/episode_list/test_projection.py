"""The list follows the log: each line as its episode's events say, whoever on the way is killed or paused."""

import re
import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest
from structlog.testing import capture_logs

from care_platform.clock_drift import ClockDrift
from care_platform.process import EXIT_TRY_AGAIN
from episodes.domain.care.closures import EpisodeClosed
from episodes.episode_list import rows
from episodes.episode_list.projection import PAGE, Projection, Write
from episodes.event_log.cache import Cache
from episodes.event_log.positions import Claim, claim
from episodes.event_log.tail import Tail
from episodes.processes.follower import Deposed
from episodes.processes.progress import Progress
from tests.support.episodes.held_rows import nothing_held
from tests.support.episodes.list_processes import Place, placed
from tests.support.episodes.log_writer import care, opening, session
from tests.support.servers.kafka import free_port
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
def place(postgres: PostgresServer, tmp_path: Path) -> Iterator[Place]:
    with placed(postgres, tmp_path) as place:
        yield place


def test_a_line_says_what_its_episode_says(place: Place) -> None:
    one, other = place.log.episode("demo"), place.log.episode("other")
    opened, _, closed = place.log.record(
        [(one, opening(one)), (one, session()), (one, EpisodeClosed(reason="plan_completed"))]
    )
    place.log.record([(other, opening(other))])
    place.await_current(place.project())
    place.assert_right()
    line = place.lines()[one.id]
    assert (line["network_id"], line["clinic_id"], line["client_id"]) == ("demo", one.clinic, one.client)
    assert (line["status"], line["version"], line["therapist_id"].int) == ("closed", 3, 2)
    assert (line["opened_at"], line["closed_at"]) == (opened.occurred_at, closed.occurred_at)
    assert line["last_recorded_at"] == closed.recorded_at
    assert place.lines()[other.id]["status"] == "open"


@pytest.mark.parametrize("cache_bytes", ["0", "100000000"])
def test_what_is_cached_or_read_anew_makes_the_same_lines(place: Place, cache_bytes: str) -> None:
    process = place.project(cache_bytes=cache_bytes)
    process.awaited("leading")
    facts = care(place.log, episodes=30, sessions=10)
    for start in range(0, len(facts), 60):
        place.log.record(facts[start : start + 60])
    place.log.burn_positions(facts[0][0])
    place.log.record([(facts[0][0], session())])
    place.await_current(process)
    place.assert_right()


def test_what_is_recorded_while_it_waits_is_listed_at_once(place: Place) -> None:
    process = place.project()
    process.awaited("leading")
    episode = place.log.episode()
    place.log.record([(episode, opening(episode))])
    eventually(lambda: episode.id in place.lines(), "it is listed", 0.9, process)


def test_who_leads_is_killed_and_the_other_lists_the_rest(place: Place) -> None:
    leader = place.project()
    leader.awaited("leading")
    standby = place.project()
    standby.awaited("standing-by")
    facts = care(place.log, episodes=300, sessions=20)
    place.log.record(facts[:3000])
    eventually(lambda: place.position() > 0, "the leader is on its way", process=leader)
    leader.signalled(signal.SIGKILL)
    place.log.record(facts[3000:])
    standby.awaited("leading")
    place.await_current(standby)
    place.assert_right()
    assert len(place.lines()) == 300


def test_a_leader_that_was_paused_writes_nothing_when_it_wakes(place: Place) -> None:
    leader = place.project()
    leader.awaited("leading")
    leader.signalled(signal.SIGSTOP)
    standby = place.project()
    standby.awaited("leading")
    place.log.record(care(place.log, episodes=5, sessions=1))
    place.await_current(standby)
    leader.signalled(signal.SIGCONT)
    assert leader.ended() == EXIT_TRY_AGAIN
    place.assert_right()


def test_an_older_claim_writes_neither_lines_nor_position(place: Place) -> None:
    place.log.record(care(place.log, episodes=1, sessions=0))
    written: list[object] = []
    with closing(Tail(place.database.url("project"), place.log.keyring.unwrap, ["demo"])) as tail:
        older = claim(tail.connection, "episodes/1")
        claim(tail.connection, "episodes/1")
        with pytest.raises(Deposed):
            projection(tail, older, lambda connection, episodes: written.append(episodes)).step()
    assert not written
    assert place.position() == 0


def test_a_follower_whose_clock_differs_from_the_databases_says_so(place: Place) -> None:
    with closing(Tail(place.database.url("project"), place.log.keyring.unwrap, ["demo"])) as tail:
        tail.drift = ClockDrift(lambda: datetime.now(UTC) + timedelta(minutes=10))
        with capture_logs() as lines:
            tail.page(0, 1)
    assert [line["event"] for line in lines] == ["the clock differs from the database's"]


def test_without_its_lines_the_position_does_not_move(place: Place) -> None:
    place.log.record(care(place.log, episodes=1, sessions=0))

    def fail(connection: Any, episodes: Any) -> None:
        connection.execute("SELECT no_such_function()")

    with closing(Tail(place.database.url("project"), place.log.keyring.unwrap, ["demo"])) as tail:
        held = claim(tail.connection, "episodes/1")
        with pytest.raises(psycopg.Error):
            projection(tail, held, fail).step()
    assert place.position() == 0


def test_an_erased_client_stays_listed_without_what_its_events_said(place: Place) -> None:
    process = place.project()
    erased, other = place.log.episode(), place.log.episode()
    place.log.record([(erased, opening(erased)), (other, opening(other))])
    place.await_current(process)
    assert place.lines()[erased.id]["therapist_id"] is not None
    place.log.erase(erased)
    (header,) = place.log.record([(erased, session())])
    place.await_current(process)
    place.assert_right()
    line = place.lines()[erased.id]
    assert (line["therapist_id"], line["opened_at"]) == (None, None)
    assert (line["version"], line["last_recorded_at"]) == (2, header.recorded_at)


def test_it_ends_well_when_told_and_without_a_store_it_waits(place: Place) -> None:
    process = place.project()
    process.awaited("leading")
    process.signalled(signal.SIGTERM)
    assert process.ended() == 0
    waiting = place.project(database_url="postgresql://nobody@127.0.0.1:9/nothing")
    waiting.awaited("store-unreachable")
    waiting.signalled(signal.SIGTERM)
    assert waiting.ended() == 0


def test_an_operator_sees_where_it_is(place: Place) -> None:
    port = free_port()
    place.log.record(care(place.log, episodes=3, sessions=0))
    process = place.project(project_metrics_port=str(port))
    place.await_current(process)
    for line in ("leading 1.0", f"position {place.log.head()}.0", "listed 6.0", "lag_seconds 0.0"):
        assert f"episodes_project_{line}\n" in told(port)


def test_an_operator_sees_what_it_had_cached(place: Place) -> None:
    port, episode = free_port(), place.log.episode()
    place.log.record([(episode, opening(episode)), *((episode, session()) for _ in range(PAGE))])
    process = place.project(project_metrics_port=str(port), cache_bytes="10000000")
    place.await_current(process)
    first = cache_figures(port)
    place.log.record([(episode, session())])
    place.await_current(process)
    then = cache_figures(port)
    assert [first[it] for it in LOOKED_UP] == [0, 1, 1], (
        "its state is read as of now, so the second page had it"
    )
    assert [then[it] for it in LOOKED_UP] == [1, 1, 1]
    assert (first["events_read_total"], then["events_read_total"]) == (PAGE + 1, PAGE + 2)
    assert (then["episodes"], then["limit_bytes"]) == (1, 10_000_000)
    assert process.awaited("states are kept in memory")["limit"] == 10_000_000


LOOKED_UP = [f'lookups_total{{found="{found}"}}' for found in ("behind", "whole", "nothing")]


def cache_figures(port: int) -> dict[str, float]:
    lines = re.findall(r"^episodes_cache_(\S+) (\S+)$", told(port), re.MULTILINE)
    return {name: float(value) for name, value in lines}


def told(port: int) -> str:
    """Its metrics."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def projection(tail: Tail, held: Claim, write: Write) -> Projection:
    progress = Progress(partial(datetime.now, UTC), "project", "listed")
    return Projection(
        tail=tail,
        claim=held,
        held=nothing_held("demo"),
        write=write,
        announce=rows.announce,
        cache=Cache(0),
        progress=progress,
    )
