"""Leadership: an advisory lock on a connection that the server ends when its holder is silent.

Otherwise a paused leader would keep the lock for ever. A new leader raises the epoch, so an old one that
wakes up can move nothing, even if it still considers itself the leader.
"""

import threading
from collections.abc import Callable

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from care_platform.postgres.connecting import connect
from episodes.event_log.positions import Claim, claim

SILENCE = 3
"""After how many seconds the server ends a silent leader's connection."""
PING = 1.0

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS held"


class Leadership:
    """The lead in one `office`, such as `relay kafka`, held by one process at a time.

    `lost` is called from another thread when the lock may be lost, and should end the process.
    """

    def __init__(self, url: str, office: str, lost: Callable[[], object]) -> None:
        self._url = url
        self._office = office
        self._lost = lost
        self._connection: Connection[DictRow] | None = None
        self._released = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="leadership", daemon=True)

    def tried(self) -> bool:
        """Try once to take the lead; call it again within `SILENCE`, also after one of psycopg's errors."""
        try:
            connection = self._connection = self._connection or _connected(self._url)
            if not _locked(connection, self._office):
                return False
        except psycopg.Error:
            self._close()
            raise
        self._keeper.start()
        return True

    def claim(self, follower: str) -> Claim:
        """Claim a position on the connection of the lock, which fails if the lock is lost."""
        assert self._connection is not None
        return claim(self._connection, follower)

    def release(self) -> None:
        """Release the lock, so that another process can take over at once."""
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


def _locked(connection: Connection[DictRow], office: str) -> bool:
    row = connection.execute(_TRY_LOCK, (office,)).fetchone()
    return row is not None and row["held"]


def _connected(url: str) -> Connection[DictRow]:
    return connect(
        url,
        f"idle_session_timeout={SILENCE}s",
        f"statement_timeout={SILENCE}s",
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=1,
        tcp_user_timeout=SILENCE * 1000,
        answers_within=SILENCE,
    )
