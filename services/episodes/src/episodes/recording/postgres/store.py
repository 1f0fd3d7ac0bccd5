"""The store as the writer thread uses it: one read for a batch of commands, one transaction to record it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import TypeVar
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import DictRow

from care_platform.crash_points import crash_point
from care_platform.postgres.faults import ended
from care_platform.postgres.notices import CLEAN, QUIET_SECONDS, QueueFull
from episodes.errors import Conflict, OutcomeUnknown, StoreUnavailable
from episodes.event_log.client_keys import Unwrap
from episodes.event_log.compatibility import EVERYTHING, Understood, understood
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.recorder import EventRecorder, SingleConnectionDatastore, connect_to_log, insert
from episodes.processes.watchdog import Watchdog
from episodes.recording.commands import CommandRequest
from episodes.recording.postgres.read_set import read
from episodes.recording.postgres.write_set import write
from episodes.recording.store import ReadSet, WriteSet

T = TypeVar("T")

_CONTENDED = {"40001", "40P01", "55P03"}
"""Serialization failure, deadlock, lock time-out: the transaction has ended and may be repeated."""


class _Lost(StoreUnavailable):
    """The connection was lost."""


class _TooManyNotices(StoreUnavailable):
    """The batch was refused for its notice alone."""


class PostgresStore:
    """Used by the writer thread. Connects when needed, and again after any loss."""

    def __init__(self, url: str, unwrap: Unwrap, watchdog: Watchdog) -> None:
        self._url = url
        self._unwrap = unwrap
        self._watchdog = watchdog
        self._quiet_until = 0.0
        self._recorder: EventRecorder | None = None
        self._connection: Connection[DictRow] | None = None
        self._understood = Understood(1, False, False, False)

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        def reading(connection: Connection[DictRow], _: EventRecorder) -> ReadSet:
            if self._understood != EVERYTHING:  # asked again until every process has been replaced
                self._understood = understood(connection)
            read_set = read(connection, commands, cached, self._unwrap)
            read_set.understood = self._understood
            return read_set

        try:
            return self._call(reading, lost=_Lost)
        except _Lost:  # perhaps long ago; nothing was written
            return self._call(reading, lost=StoreUnavailable)

    def write(self, write_set: WriteSet) -> None:
        try:
            self._insert(write_set, notice=monotonic() > self._quiet_until)
        except _TooManyNotices:
            self._quiet_until = monotonic() + QUIET_SECONDS
            self._call(lambda connection, _: connection.execute(CLEAN), lost=StoreUnavailable)
            self._insert(write_set, notice=False)  # refused again if something else is used up
            structlog.get_logger("store").warning("the queue of notices is full", seconds=QUIET_SECONDS)
        crash_point("api.after-commit")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._recorder = None

    def _insert(self, write_set: WriteSet, notice: bool) -> None:
        beside = partial(write, write_set=write_set)
        self._call(
            lambda _, recorder: insert(recorder, write_set.events, beside, notice), lost=OutcomeUnknown
        )

    def _call(self, call: Callable[[Connection[DictRow], EventRecorder], T], lost: type[Exception]) -> T:
        with self._watchdog.watching():
            try:
                return call(*self._open())
            except psycopg.Error as error:
                raise self._after(error, lost) from error

    def _open(self) -> tuple[Connection[DictRow], EventRecorder]:
        if self._connection is None or self._recorder is None:
            self._connection = connect_to_log(self._url)
            self._recorder = EventRecorder(SingleConnectionDatastore(self._connection))
        return self._connection, self._recorder

    def _after(self, error: psycopg.Error, lost: type[Exception]) -> Exception:
        """The meaning of a database error: a conflict, a connection lost during the call, or none at all.

        The connection is closed in any case: statements that a pipeline should have prepared may be missing.
        """
        broken = self._connection is not None and ended(self._connection, error)
        self.close()
        if isinstance(error, psycopg.IntegrityError) or error.sqlstate in _CONTENDED:
            return Conflict()
        if isinstance(error, QueueFull):
            return _TooManyNotices()
        return lost() if broken else StoreUnavailable()
