"""What may be written: nothing that a process of an earlier release, which may still run, cannot read."""

from dataclasses import dataclass
from typing import Literal

from psycopg import Connection
from psycopg.rows import DictRow

from care_platform.postgres.compatibility import BEYOND, COMPATIBLE_FROM
from episodes.event_log.reader import Database

_SALTED_SINCE = "0006"
"""The first revision whose processes read format 2."""
_REJUDGED_SINCE = "0013"
"""The first revision whose processes read `sessions-rejudged.1`."""
_LESS_EXACTLY_SINCE = "0014"
"""The first revision whose processes read times known to the year, or not known."""
_KNOWN_SEALED_SINCE = "0015"
"""The first revision whose processes judge by what the directory said when a fact was recorded."""
_NEWEST = _KNOWN_SEALED_SINCE


@dataclass(frozen=True, slots=True)
class Understood:
    """What every process that may still run can read."""

    log_format: Literal[1, 2] = 2
    """The format in which events are stored."""
    rejudgements: bool = True
    """Whether sessions may be judged anew."""
    less_exactly: bool = True
    """Whether a time may be known to the year, or not known."""
    known_sealed: bool = True
    """Whether what the directory says may be sealed into a fact."""


EVERYTHING = Understood()


def understood(connection: Connection[DictRow]) -> Understood:
    """It only ever grows, while no backup is restored."""
    row = connection.execute(COMPATIBLE_FROM).fetchone()
    revision = "" if row is None else row["compatible_from"]
    return Understood(
        log_format=2 if revision >= _SALTED_SINCE else 1,
        rejudgements=revision >= _REJUDGED_SINCE,
        less_exactly=revision >= _LESS_EXACTLY_SINCE,
        known_sealed=revision >= _KNOWN_SEALED_SINCE,
    )


def why_beyond(connection: Connection[DictRow]) -> str | None:
    """Why this release may not write into the store any more; none if it may."""
    row = connection.execute(COMPATIBLE_FROM).fetchone()
    return BEYOND if row is not None and row["compatible_from"] > _NEWEST else None


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


class EverythingIsWritten(AllHave):
    """Whether all that this release can write may be written."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _NEWEST)
