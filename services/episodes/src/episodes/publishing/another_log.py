"""Notices a position of another log: a backup was restored, and who comes had read on beyond it.

A position names the event it stands on, and nobody else can make one. So if that event is not there, this
log is not the one in which the position was given.
"""

from collections.abc import Sequence

import structlog

from episodes.errors import AnotherLog
from episodes.event_log.clear_headers import EVENT_ID
from episodes.event_log.epochs import EPOCH, epoch_of
from episodes.event_log.reader import Database, Ground, event_at
from episodes.http.metrics import ANOTHER_LOG
from episodes.publishing.feed_positions import FeedPosition

WARNING = "a position of the feed is of another log: this database was restored from a backup"
_GROUND = f"""SELECT (SELECT {EVENT_ID} FROM stored_events WHERE notification_id = %(place)s),
    coalesce((SELECT max(notification_id) FROM stored_events), 0) < %(place)s"""  # noqa: S608 - our own words


class Restores:
    """What this process has met. It forgets with its end; who comes again with such a position reminds it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._met = False

    def warnings(self) -> Sequence[str]:
        return (WARNING,) if self._met else ()

    async def check(self, position: FeedPosition) -> None:
        """Raises `AnotherLog`, for a position that was told and no page is read from."""
        async with self._database.connection() as connection:
            found = await connection.execute(_GROUND.encode(), {"place": position.place}, binary=True)
            [(event, beyond)] = await found.fetchall()
        await self.refuse_another(position, Ground(event_at(event), beyond))

    async def refuse_another(self, position: FeedPosition, ground: Ground) -> None:
        """Raises `AnotherLog` unless the position can have been given in this log, whose ground is known.

        Asks the store only when something is wrong.
        """
        if position.stands_on(ground.event) and not ground.beyond:
            return
        if ground.event is None and epoch_of(position.place) < await self._epoch():
            return  # given before a restore that an operator has declared: nothing since stands below it
        if position.is_named:
            self._met = True
            ANOTHER_LOG.set(1)
            structlog.get_logger("feed").error("position of another log", position=position.place)
        raise AnotherLog

    async def _epoch(self) -> int:
        async with self._database.connection() as connection:
            [(epoch,)] = await (await connection.execute(EPOCH)).fetchall()
        return int(epoch)
