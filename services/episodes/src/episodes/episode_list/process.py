"""The role `project`: takes the lead, and keeps the live build up to date with the log."""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from psycopg import Connection

from care_platform import runtime
from care_platform.postgres.grants import Grant
from episodes.episode_list import builds, rows
from episodes.episode_list.line import VIEW, episode_line
from episodes.episode_list.projection import PAGE, Moved, Projection
from episodes.event_log import snapshot_rows
from episodes.event_log.cache import Cache
from episodes.event_log.cache_metrics import CacheMetrics
from episodes.event_log.client_keys import Unwrap
from episodes.event_log.tail import Tail
from episodes.processes.follower import Deposed, Needs, end, stop_signal
from episodes.processes.held_back import TRY_EVERY, HeldBack
from episodes.processes.held_rows import HeldRows
from episodes.processes.leadership import Leadership
from episodes.processes.progress import Progress, serve
from episodes.processes.startup import Stopped, Waiting

REPORT_EVERY = 10.0
REST = 0.03
"""The pause after a page that was not full, in seconds, so that events arriving meanwhile form one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The settings of such a process. `grants` is what its role must be allowed, `cache` has the states that
    its lines were made of, `page` is the maximum number of events in one transaction.
    """

    database_url: str
    grants: Sequence[Grant]
    unwrap: Unwrap
    networks: Sequence[str]
    log: Any
    cache: Cache
    page: int = PAGE
    metrics_port: int | None = None


@dataclass(slots=True)
class Work:
    """What following and rebuilding share: the log, the lead, and their progress."""

    setting: Setting
    tail: Tail
    leadership: Leadership
    progress: Progress
    reported: float = 0.0

    @classmethod
    def begun(cls, setting: Setting, needs: Needs, office: str, progress: Progress) -> "Work":
        """Wait for the store and the lead.

        Commits do not wait for the server's disk, because commands queue behind them. A crash of the server
        may undo the newest lines together with their position: they are written again.
        """
        needs.grants(setting.database_url, setting.grants)
        leadership = needs.leadership(setting.database_url, f"{office} {VIEW}")
        tail = needs.tail(setting.database_url, setting.unwrap, setting.networks)
        tail.connection.execute("SET synchronous_commit = off")
        runtime.tune(all_every=None)
        return cls(setting, tail, leadership, progress)

    def projection(self, build: int) -> Projection:
        """Only states that are written in this build may be in the cache."""
        self.setting.cache.clear()
        claim = self.leadership.claim(builds.follower(VIEW, build))
        rows_held = HeldRows(self.tail.connection, claim)
        return Projection(
            tail=self.tail,
            claim=claim,
            held=HeldBack(rows_held, self.setting.networks, self.setting.log),
            write=partial(_write, build=build),
            announce=rows.announce,
            cache=self.setting.cache,
            progress=self.progress,
            page=self.setting.page,
        )

    def report(self, event: str, every: float) -> None:
        if time.monotonic() - self.reported < every:
            return
        self.reported = time.monotonic()
        self.progress.head = self.tail.head()
        self.setting.log.info(event, **self.progress.figures())


def run_project(setting: Setting) -> None:
    """Follow the log until SIGTERM or SIGINT. Exits with `EXIT_TRY_AGAIN` after a failure or if deposed."""
    stopping, log = stop_signal(), setting.log
    progress = new_progress()
    with ExitStack() as opened:
        if setting.metrics_port is not None:
            opened.callback(serve(progress, setting.metrics_port, CacheMetrics(setting.cache)))
        try:
            work = Work.begun(setting, Needs(Waiting(stopping, log), opened, log), "project", progress)
            progress.leading = True
            while not stopping.is_set():
                _follow_live_build(work, stopping)
            log.info("stopped", **progress.figures())
        except Stopped:
            log.info("stopped")
        except Exception as failure:
            end(log, "project", failure)


def new_progress() -> Progress:
    return Progress(lambda: datetime.now(UTC), "project", "listed")


def _follow_live_build(work: Work, stopping: threading.Event) -> None:
    """Follow the log until told to stop, or until another build is live."""
    connection = work.tail.connection
    build = builds.live_build(connection, VIEW)
    projection = work.projection(build)
    work.setting.log.info("leading", build=build, position=projection.position)
    try_next = 0.0
    while not stopping.is_set() and builds.live_build(connection, VIEW) == build:
        try:
            if time.monotonic() >= try_next:
                projection.try_again()
                try_next = time.monotonic() + TRY_EVERY
            taken = projection.step()
            catching_up = projection.catch_up()
        except Deposed:
            if builds.live_build(connection, VIEW) == build:
                raise
            return  # replaced and removed at this very moment
        if not taken:
            if not catching_up:
                work.tail.wait(1.0)
            continue
        work.report("listed", every=REPORT_EVERY)
        if taken < work.setting.page:
            stopping.wait(REST)


def _write(connection: Connection[Any], moved: Moved, build: int) -> None:
    episodes = moved.episodes.values()
    rows.write(connection, build, [episode_line(cached.episode) for cached in episodes])
    snapshot_rows.write(connection, episodes, moved.keys)
