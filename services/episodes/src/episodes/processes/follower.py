"""The process around a follower of the log: it waits for its resources, takes the lead, and exits at any
failure. Exiting without clean-up is safe, because the next start continues from the position.
"""

import signal
import threading
import traceback
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import psycopg

from care_platform.logs import Loggable, leave, reason_of
from care_platform.postgres.connecting import connect
from care_platform.postgres.grants import LACKING, Grant, lacking, needed
from care_platform.process import EXIT_TRY_AGAIN
from episodes.event_log.client_keys import Unwrap
from episodes.event_log.tail import Tail
from episodes.processes.leadership import Leadership
from episodes.processes.startup import NotYet, Waiting


class Ending(Loggable):
    """A failure that ends the process."""


class Deposed(Ending):
    """Another process has taken over."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The resources of a follower: waited for one after the other, closed in reverse order."""

    waiting: Waiting
    opened: ExitStack
    log: Any

    def grants(self, url: str, grants: Sequence[Grant]) -> None:
        """Wait until the role of this process may do what it needs, as after the migration it may."""
        self.waiting.until(partial(_refuse_lacking, url, grants))

    def leadership(self, url: str, office: str) -> Leadership:
        role = office.partition(" ")[0]
        leadership = Leadership(url, office, lost=lambda: end(self.log, role, Deposed("the lock is lost")))
        self.opened.callback(leadership.release)
        self.waiting.until(partial(_refuse_to_follow, leadership))
        return leadership

    def tail(self, url: str, unwrap: Unwrap, networks: Collection[str]) -> Tail:
        tail = self.waiting.until(partial(_reading, url, unwrap, networks))
        self.opened.callback(tail.close)
        return tail


def _refuse_lacking(url: str, grants: Sequence[Grant]) -> None:
    try:
        with connect(url, connect_timeout=1) as connection:
            lacks = [row[0] for row in connection.execute(LACKING, needed(grants))]
    except psycopg.Error as failure:
        raise NotYet("store-unreachable", error=type(failure).__name__, reason=reason_of(failure)) from None
    if lacks:
        raise NotYet("grants-missing", reason=lacking(lacks))


def _refuse_to_follow(leadership: Leadership) -> None:
    try:
        leads = leadership.tried()
    except psycopg.Error as failure:
        raise NotYet("store-unreachable", error=type(failure).__name__, reason=reason_of(failure)) from None
    if not leads:
        raise NotYet("standing-by")


def _reading(url: str, unwrap: Unwrap, networks: Collection[str]) -> Tail:
    try:
        return Tail(url, unwrap, networks)
    except psycopg.Error as failure:
        raise NotYet("store-unreachable", error=type(failure).__name__, reason=reason_of(failure)) from None


def stop_signal() -> threading.Event:
    """An event that SIGTERM or SIGINT sets."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def end(log: Any, role: str, failure: Exception) -> NoReturn:
    """Log the failure and exit without flushing: nothing may be sent after the event that failed."""
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None
    reason = str(failure) if isinstance(failure, Loggable) else None
    log.error(f"{role}-ended", error=type(failure).__name__, reason=reason, place=place)
    leave(EXIT_TRY_AGAIN)
