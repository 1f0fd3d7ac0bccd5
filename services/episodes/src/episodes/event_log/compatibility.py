"""What may be written: nothing that a process of an earlier release, which may still run, cannot read."""

from typing import Literal

from psycopg import Connection
from psycopg.rows import DictRow

from care_platform.postgres.compatibility import COMPATIBLE_FROM
from episodes.event_log.reader import Database

_SALTED_SINCE = "0006"
"""The first revision whose processes read format 2."""


def log_format(connection: Connection[DictRow]) -> Literal[1, 2]:
    """The format in which events are stored. Asked once for each connection: it only ever grows."""
    row = connection.execute(COMPATIBLE_FROM).fetchone()
    return 2 if row is not None and row["compatible_from"] >= _SALTED_SINCE else 1


class AllHave:
    """Whether every process that may still run has this revision. Once it is so, it is not asked again."""

    def __init__(self, database: Database, revision: str) -> None:
        self._database = database
        self._revision = revision
        self._reached = False

    async def __call__(self) -> bool:
        if not self._reached:
            async with self._database.connection() as connection:
                row = await (await connection.execute(COMPATIBLE_FROM)).fetchone()
            self._reached = row is not None and row[0] >= self._revision
        return self._reached
