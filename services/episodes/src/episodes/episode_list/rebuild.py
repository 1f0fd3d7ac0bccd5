"""Rebuilds a view beside the live one and then replaces it. Safe to interrupt and to repeat."""

import threading
from contextlib import ExitStack

from care_platform.logs import leave
from care_platform.process import EXIT_TRY_AGAIN
from episodes.episode_list import builds, rows
from episodes.episode_list.line import VIEW
from episodes.episode_list.process import Setting, Work, new_progress
from episodes.episode_list.projection import Projection
from episodes.processes.follower import Deposed, Needs, end, stop_signal
from episodes.processes.startup import Stopped, Waiting


def run_rebuild(setting: Setting) -> None:
    """Fill a new build from the beginning of the log, make it live, and remove the old one.

    If interrupted it exits with `EXIT_TRY_AGAIN`: readers keep the old build, the next rebuild starts over.
    """
    stopping, log = stop_signal(), setting.log
    with ExitStack() as opened:
        try:
            work = Work.begun(setting, Needs(Waiting(stopping, log), opened, log), "rebuild", new_progress())
            _rebuild(work, stopping)
        except Stopped:
            log.info("interrupted")
            leave(EXIT_TRY_AGAIN)
        except Exception as failure:
            end(log, "rebuild", failure)


def _rebuild(work: Work, stopping: threading.Event) -> None:
    log = work.setting.log
    _remove_unused(work)
    build = builds.begun(work.tail.connection, VIEW)
    projection = work.projection(build)
    log.info("rebuilding", build=build, head=work.tail.head())
    while projection.step():
        work.report("rebuilding", every=1.0)
        if stopping.is_set():
            raise Stopped
    take_place(work, projection, build)
    log.info("swapped", build=build, **work.progress.figures())
    _remove_unused(work)


def take_place(work: Work, projection: Projection, build: int) -> None:
    """Catch up while the live build is paused, then replace it, so that no reader sees an older state."""
    with work.tail.transaction() as connection:
        if not projection.still_mine():
            raise Deposed("another rebuild has begun")
        old = builds.live_build(connection, VIEW)
        live = builds.hold(connection, VIEW, old)
        while projection.position < live and projection.step():
            pass
        rows.keep_lines(connection, old, build, projection.held_episodes)
        builds.swap(connection, VIEW, build)
    rows.announce(connection)
    work.tail.wake()


def _remove_unused(work: Work) -> None:
    """Remove replaced and unfinished builds. Safe, because only one process leads the rebuilding."""
    for build in builds.unused_builds(work.tail.connection, VIEW):
        with work.tail.transaction() as connection:
            if not builds.end_build(connection, VIEW, build):
                raise Deposed("another rebuild has ended")
            rows.delete_build(connection, build)
        work.setting.log.info("removed", build=build)
