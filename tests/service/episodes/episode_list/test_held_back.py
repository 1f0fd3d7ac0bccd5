"""What cannot be read holds up the line of its own episode; all others are listed, also after a rebuild."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.episodes.damage import HEADER, SEAL, flip, held_back
from tests.support.episodes.list_processes import Place, placed
from tests.support.episodes.log_writer import opening, session
from tests.support.episodes.stored_rows import INSERT, of_a_later_release
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
def place(postgres: PostgresServer, tmp_path: Path) -> Iterator[Place]:
    with placed(postgres, tmp_path) as place:
        yield place


@pytest.mark.parametrize("byte", [HEADER, SEAL])
def test_a_damaged_episode_keeps_its_line_and_all_others_are_listed(place: Place, byte: str) -> None:
    damaged, other = place.log.episode(), place.log.episode("other")
    place.log.record([(damaged, opening(damaged)), (other, opening(other))])
    first = place.project(cache_bytes="0")
    place.await_current(first)
    before = place.lines()[damaged.id]
    place.log.record([(damaged, session())])
    place.await_current(first)
    first.close()
    flip(place.database, damaged.id, 2, byte)
    place.log.record([(damaged, session()), (other, session())])
    second = place.project(cache_bytes="0")
    place.await_current(second)
    place.log.record([(damaged, session()), (other, session())])
    place.await_current(second)
    assert place.lines()[other.id]["version"] == 3
    assert place.lines()[damaged.id] == before | {
        "version": 2,
        "last_recorded_at": place.lines()[damaged.id]["last_recorded_at"],
    }
    assert [row["name"] for row in held_back(place.database)] == [str(damaged.id)]
    rebuild = place.rebuild(cache_bytes="0")
    assert rebuild.ended(60) == 0, rebuild.output
    assert place.lines()[damaged.id]["version"] == 2, "a rebuild keeps the line, too"
    second.close()
    flip(place.database, damaged.id, 2, byte)
    third = place.project()
    eventually(lambda: place.lines()[damaged.id]["version"] == 4, "it is read again", process=third)
    eventually(lambda: not held_back(place.database), "nothing is held", process=third)
    place.assert_right()


def test_an_event_of_a_later_release_holds_up_its_own_episode(place: Place) -> None:
    one, other = place.log.episode(), place.log.episode()
    place.log.record([(one, opening(one)), (other, opening(other))])
    process = place.project()
    place.await_current(process)
    (newest,) = place.rows(f"SELECT * FROM stored_events WHERE originator_id = '{one.id}'")
    place.rows(f"{INSERT} RETURNING 1", of_a_later_release(newest, 2))
    place.log.record([(other, session())])
    place.await_current(process)
    assert {episode: line["version"] for episode, line in place.lines().items()} == {one.id: 1, other.id: 2}
    assert "a later release" in process.said("episode held back")[0]["reason"]


def test_a_network_taken_out_stops_nobody_and_is_listed_once_it_is_back(place: Place) -> None:
    kept, removed = place.log.episode("demo"), place.log.episode("other")
    place.log.record([(kept, opening(kept)), (removed, opening(removed))])
    alone = place.project(networks="demo")
    place.log.record([(removed, session()), (kept, session())])
    place.await_current(alone)
    assert place.lines().keys() == {kept.id}
    assert [(row["kind"], row["name"]) for row in held_back(place.database)] == [("network", "other")]
    alone.close()
    both = place.project()
    eventually(lambda: not held_back(place.database), "it has caught up", process=both)
    place.assert_right()
