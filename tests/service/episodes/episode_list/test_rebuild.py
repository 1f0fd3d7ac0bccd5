"""A list is built anew beside the live one: the same to the byte, and no reader sees half of it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import structlog

from care_platform.process import EXIT_TRY_AGAIN
from episodes.episode_list.builds import begun
from episodes.episode_list.process import Setting, Work, new_progress
from episodes.episode_list.rebuild import take_place
from episodes.event_log.cache import Cache
from episodes.event_log.tail import Tail
from episodes.processes.leadership import Leadership
from tests.support.episodes.list_processes import LIVE, Place, placed
from tests.support.episodes.log_writer import care, opening, session
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

MANY = 1_500
COUNTED = LIVE.replace("SELECT *", "SELECT count(*) AS lines, sum(version) AS versions")
WRONG = "UPDATE episode_list SET status = 'wrong'"


@pytest.fixture(scope="module")
def long_list(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Many episodes, recorded and listed once. Nobody is connected any more, so that it can be copied."""
    with placed(postgres, tmp_path_factory.mktemp("long-list")) as place:
        place.log.record(care(place.log, episodes=MANY, sessions=2))
        place.await_current(place.project())
    return place


@pytest.fixture
def listed(postgres: PostgresServer, long_list: Place) -> Iterator[Place]:
    """A copy of it, and a role that keeps its list."""
    copy = postgres.fresh_database("episodes", template=long_list.database.name)
    with placed(postgres, long_list.directory, copy) as place:
        place.project().awaited("leading")
        yield place


def test_the_rows_are_the_same_to_the_byte(listed: Place) -> None:
    before = listed.in_bytes()
    rebuild = listed.rebuild()
    assert rebuild.ended(60) == 0, rebuild.output
    assert listed.in_bytes() == before
    assert len(before) == MANY
    assert rebuild.said("rebuilding")[-1]["head"] == listed.log.head()
    build = rebuild.said("swapped")[0]["build"]
    assert listed.builds() == ({build}, {build}), "what was replaced is removed"


def test_a_wrong_list_is_mended(listed: Place) -> None:
    listed.rows(f"{WRONG} RETURNING 1")
    assert listed.lines() != listed.expected()
    assert listed.rebuild().ended(60) == 0
    listed.assert_right()


def test_no_reader_sees_half_or_goes_back_while_others_write(listed: Place) -> None:
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            (row,) = listed.rows(COUNTED)
            seen.append((row["lines"], row["versions"]))

    reader = threading.Thread(target=read)
    reader.start()
    rebuild = listed.rebuild()
    try:
        more = care(listed.log, episodes=50, sessions=40)
        for start in range(0, len(more), 50):
            listed.log.record(more[start : start + 50])
        assert rebuild.ended(60) == 0, rebuild.output
        listed.await_current(listed.processes[0])
    finally:
        done.set()
        reader.join()
    for column in zip(*seen, strict=True):
        assert list(column) == sorted(column), "never fewer lines, never an older version"
    assert seen[0][0] >= MANY
    listed.assert_right()


def test_a_build_that_is_behind_catches_up_before_readers_see_it(listed: Place) -> None:
    before = listed.in_bytes()
    setting = Setting(
        database_url=listed.database.url("project"),
        grants=(),
        unwrap=listed.log.keyring.unwrap,
        networks=["demo"],
        log=structlog.get_logger(),
        cache=Cache(10_000_000),
    )
    leadership = Leadership(setting.database_url, "rebuild episodes", lost=lambda: None)
    assert leadership.tried()
    with closing(Tail(setting.database_url, setting.unwrap, setting.networks)) as tail:
        work = Work(setting, tail, leadership, new_progress())
        build = begun(tail.connection, "episodes")
        take_place(work, work.projection(build), build)
        assert setting.cache
        work.projection(build)
        assert not setting.cache, "another projection may write another build, which lacks what is cached"
        leadership.release()
    assert listed.in_bytes() == before


def test_the_role_goes_on_with_the_new_build(listed: Place) -> None:
    assert listed.rebuild().ended(60) == 0
    episode = listed.log.episode()
    listed.log.record([(episode, opening(episode)), (episode, session())])
    role = listed.processes[0]
    listed.await_current(role)
    listed.assert_right()
    assert role.process.poll() is None
    assert len({line["build"] for line in role.said("leading")}) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_rebuild_leaves_readers_alone_and_is_repeated(
    listed: Place, number: signal.Signals
) -> None:
    listed.log.record(care(listed.log, episodes=MANY, sessions=2))
    listed.await_current(listed.processes[0])
    before = listed.in_bytes()
    rebuild = listed.rebuild()
    eventually(lambda: len(listed.builds()[1]) == 2, "it has begun to write", process=rebuild)
    rebuild.signalled(number)
    assert rebuild.ended() == (EXIT_TRY_AGAIN if number == signal.SIGTERM else -signal.SIGKILL)
    assert len(listed.builds()[1]) == 2, "it was in the middle"
    assert listed.in_bytes() == before
    again = listed.rebuild()
    assert again.ended(60) == 0, again.output
    assert listed.in_bytes() == before
    live = {again.said("swapped")[0]["build"]}
    assert listed.builds() == (live, live)


def test_two_rebuilds_at_once_come_one_after_the_other(listed: Place) -> None:
    before = listed.in_bytes()
    both = [listed.rebuild(), listed.rebuild()]
    assert [one.ended(60) for one in both] == [0, 0]
    assert listed.in_bytes() == before
    assert [len(builds) for builds in listed.builds()] == [1, 1]
