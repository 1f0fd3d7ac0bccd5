"""One active relay: an advisory lock on a connection that the server ends if its holder falls silent.

A paused leader would otherwise keep the lock for ever. Whoever takes over raises the epoch, so a leader that
wakes up later can move nothing, whatever it still believes.
"""

import threading
from collections.abc import Callable

import psycopg
from psycopg import Connection, connect
from psycopg.rows import DictRow, dict_row

from episodes.adapters.database.positions import Claim, claim

SILENCE = 3
"""Seconds after which the server ends a silent leader's connection."""
PING = 1.0

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS held"


class Leadership:
    """`lost` is called from another thread when the lock may be gone; it should end the process."""

    def __init__(self, url: str, relay: str, lost: Callable[[], object]) -> None:
        self._url = url
        self._relay = relay
        self._lost = lost
        self._connection: Connection[DictRow] | None = None
        self._released = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="leadership", daemon=True)

    def tried(self) -> Claim | None:
        """Try once to lead; call it again within `SILENCE`. Raises psycopg's errors, and then begins anew."""
        try:
            connection = self._connection = self._connection or _connected(self._url)
            if not _locked(connection, self._relay):
                return None
            held = claim(connection, self._relay)
        except psycopg.Error:
            self._close()
            raise
        self._keeper.start()
        return held

    def release(self) -> None:
        """Let another relay take over at once."""
        self._released.set()
        if self._keeper.is_alive():
            self._keeper.join()
        self._close()

    def _keep(self) -> None:
        assert self._connection is not None
        while not self._released.wait(PING):
            try:
                self._connection.execute("SELECT 1")
            except psycopg.Error:
                self._lost()
                return

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _locked(connection: Connection[DictRow], relay: str) -> bool:
    row = connection.execute(_TRY_LOCK, (f"relay {relay}",)).fetchone()
    return row is not None and row["held"]


def _connected(url: str) -> Connection[DictRow]:
    return connect(
        url,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=1,
        tcp_user_timeout=SILENCE * 1000,
        options=f"-c idle_session_timeout={SILENCE}s -c statement_timeout={SILENCE}s",
    )
