"""A migration waits for a lock two seconds at a time, so that nobody waits longer behind it.

Between its tries others have their turn. It says which table it waits for and who holds it, never what they
do there.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

from care_platform.postgres.connecting import connect

T = TypeVar("T")

LOCK_SECONDS = 2.0
"""How long one statement waits for a lock."""
_PAUSE = 3.0
_LOOK_EVERY = 0.3

_HOLDERS = """
SELECT DISTINCT coalesce('table ' || waits.relation::regclass, 'another migration'), holder.pid,
    coalesce(nullif(holder.application_name, ''), 'no application name'), holder.usename
FROM pg_locks AS waits, unnest(pg_blocking_pids(waits.pid)) AS blocking (pid)
JOIN pg_stat_activity AS holder ON holder.pid = blocking.pid
WHERE waits.pid = ANY(%s) AND NOT waits.granted ORDER BY 1, 2
"""


class LockWaits:
    """Tries again what meets a lock, and tells an operator whom it waits for."""

    def __init__(self, url: str, say: Callable[[str], object]) -> None:
        self._url = url
        self._say = say
        self._ours: list[int] = []
        self._said = ""

    def connect(self, autocommit: bool = False) -> psycopg.Connection:
        """A connection whose statements wait for a lock so long and no longer."""
        limit = f"lock_timeout={LOCK_SECONDS:g}s"
        connection = connect(
            self._url, limit, autocommit=True, answers_within=None, application_name="migrate"
        )
        [(process,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
        self._ours.append(process)
        connection.autocommit = autocommit
        return connection

    def until_free(self, attempt: Callable[[], T]) -> T:
        """The result of `attempt`, which may be tried many times, as long as it takes."""
        while True:
            with _Watch(self._url, self._ours) as watch:
                try:
                    return attempt()
                except (LockNotAvailable, DeadlockDetected):
                    pass
            if watch.seen != self._said:
                self._say(f"waiting for {watch.seen or 'a lock'}; trying again every few seconds")
                self._said = watch.seen
            time.sleep(_PAUSE)


class _Watch:
    """Looks from a connection of its own whom these connections wait for."""

    def __init__(self, url: str, ours: list[int]) -> None:
        self._url = url
        self._ours = ours
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="lock-waits", daemon=True)
        self.seen = ""

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        if self._over.wait(_LOOK_EVERY):
            return
        with suppress(psycopg.Error), connect(self._url, autocommit=True) as connection:
            while not self._over.wait(_LOOK_EVERY):
                rows = connection.execute(_HOLDERS, (self._ours,)).fetchall()
                held = [f"{what}, held by pid {pid} ({name}, role {role})" for what, pid, name, role in rows]
                self.seen = " and ".join(held) or self.seen
