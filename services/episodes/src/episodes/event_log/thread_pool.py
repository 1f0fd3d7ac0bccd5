"""Transactions on threads of their own, for work with many round trips. On the event loop each would wait for
its turn, and the loop would wait for the computing in between.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from psycopg import Connection

from care_platform.postgres.pools import Pool
from care_platform.postgres.row_security import SCOPE, scoped
from episodes.event_log.reader import CONNECTING, PATIENCE, POOL, SETTINGS, unavailable
from episodes.gate import Gate
from episodes.turns import USUAL, Limits

T = TypeVar("T")
THREADS = 2


class Workers:
    """Threads with a connection each, used by turns. Every failure to use one is `StoreUnavailable`."""

    def __init__(self, url: str, limits: Limits = USUAL) -> None:
        self.gate = Gate(THREADS, limits, PATIENCE)
        self._pool = Pool(url, *SETTINGS, max_size=THREADS, kwargs=CONNECTING, **POOL)
        self._threads = ThreadPoolExecutor(THREADS, "database")

    def open(self) -> None:
        self._pool.open()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close(timeout=1)

    async def within(self, network: str, work: Callable[[Connection[Any]], T]) -> T:
        """Run `work` in a transaction that sees and writes only the rows of this network.

        Its statements do not wait for each other: an error is raised when a result is fetched, or at the end.
        """
        with unavailable():
            async with self.gate.turn():
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._run, network, work
                )

    def _run(self, network: str, work: Callable[[Connection[Any]], T]) -> T:
        with (
            unavailable(),
            self._pool.connection() as connection,
            connection.pipeline() as sending,
            connection.transaction(),
        ):
            connection.execute(SCOPE, scoped([network]))
            result = work(connection)
            sending.sync()  # raise a pending error while the transaction can be rolled back
            return result
