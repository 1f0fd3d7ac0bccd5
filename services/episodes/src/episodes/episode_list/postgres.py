"""The list of episodes as the API reads it: pages of the live build, and waiting for one's own write."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from episodes.access import Caller
from episodes.episode_list.line import VIEW, Criteria
from episodes.event_log.reader import Database, Wake

MAX_WAIT = 2.0
"""How many seconds a reader waits for its own write."""

_LINES = """SELECT * FROM episode_list WHERE network_id = %(network)s
AND build = (SELECT build FROM projections WHERE projection = %(view)s AND live)"""
_FILTERS = {
    "client": " AND client_id = %(client)s",
    "status": " AND status = %(status)s",
    "therapist": " AND therapist_id = %(therapist)s",
    "reference": """ AND episode_id = (SELECT episode_id FROM source_refs
    WHERE network_id = %(network)s AND reference = %(reference)s)""",
    "before": " AND episode_id < %(before)s",
}
_NEWEST_FIRST = " ORDER BY episode_id DESC LIMIT %(most)s"
_SHOWN = """SELECT episode_id AS id, version, status, clinic_id AS clinic, client_id AS client,
therapist_id AS therapist, opened_at, closed_at, last_recorded_at, continues,
CASE WHEN continues IS NULL THEN (
    SELECT episode_id FROM episode_list AS earlier WHERE earlier.build = line.build
    AND earlier.network_id = line.network_id AND earlier.client_id = line.client_id
    AND earlier.episode_id <> line.episode_id
    AND earlier.closed_at BETWEEN line.opened_at - interval '3 months' AND line.opened_at
    AND (%(clinics)s::uuid[] IS NULL OR earlier.clinic_id = ANY(%(clinics)s))
    ORDER BY earlier.closed_at DESC, earlier.episode_id LIMIT 1
) END AS may_continue"""
_OF_EACH_CLINIC = ("SELECT line.* FROM unnest(%(places)s::uuid[]) AS place, LATERAL (", ") AS line")
_REACHED = """ AND episode_id = %(episode)s AND version >= %(version)s
AND (%(clinics)s::uuid[] IS NULL OR clinic_id = ANY(%(clinics)s))"""
_POSITION = """SELECT position FROM positions JOIN projections
ON live AND follower = projection || '/' || build WHERE projection = %(view)s"""

Row = Mapping[str, Any]


class Lists:
    """Each call except `position` shows a caller only its network and its clinics."""

    def __init__(self, database: Database, wake: Wake) -> None:
        self._database = database
        self.wake = wake

    async def page(self, caller: Caller, wanted: Criteria, most: int) -> Sequence[Row]:
        """The newest `most` that are wanted. Each page is read whole from one build."""
        return await self._rows(*selecting(caller, wanted, most))

    async def reached(self, caller: Caller, episode: UUID, version: int) -> bool:
        """Wait until the list has the episode at that version or a later one; false if it takes too long."""
        values = {**_of_caller(caller), "episode": episode, "version": version}
        deadline = time.monotonic() + MAX_WAIT
        while True:
            news = self.wake.news()
            if await self._rows(_LINES + _REACHED, values):
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            await self.wake.wait(news, left)

    async def position(self) -> int:
        """The position in the log up to which the list is current."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_POSITION, {"view": VIEW})).fetchone()
        return row[0] if row else 0

    async def _rows(self, sql: str, values: Row) -> Sequence[Row]:
        async with (
            self._database.within(values["network"]) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(sql.encode(), values)
            return await cursor.fetchall()


def selecting(caller: Caller, wanted: Criteria, most: int) -> tuple[str, Row]:
    """The statement for a page. The newest of each clinic, then of all: an index gives each in order."""
    given, places = wanted.given(), _places(caller, wanted)
    lines = (_LINES, *(part for name, part in _FILTERS.items() if name in given))
    if places is None:
        lines = (*lines, _NEWEST_FIRST)
    else:
        before, after = _OF_EACH_CLINIC
        lines = (before, *lines, " AND clinic_id = place", _NEWEST_FIRST, after, _NEWEST_FIRST)
    statement = "".join((_SHOWN, " FROM (", *lines, ") AS line ORDER BY id DESC"))
    return statement, {**_of_caller(caller), **given, "places": places, "most": most}


def _places(caller: Caller, wanted: Criteria) -> list[UUID] | None:
    """The clinics to look at; none means all of the network."""
    if wanted.clinic is None:
        return None if caller.clinics is None else list(caller.clinics)
    return [wanted.clinic] if caller.may_act_for(wanted.clinic) else []


def _of_caller(caller: Caller) -> Row:
    clinics = None if caller.clinics is None else list(caller.clinics)
    return {"view": VIEW, "network": caller.network, "clinics": clinics}
