"""The published events of one episode after a sequence: what a follower that sees a gap asks for."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection

from contracts.codec import to_json
from episodes.access import Caller
from episodes.domain.vocabulary import STEPS
from episodes.errors import NotThere
from episodes.event_log.clear_headers import CLEAR, sequence_in
from episodes.event_log.client_keys import Scoped, Unwrap, keys_of
from episodes.event_log.codec import DataKey, SealedEvent, decrypt, parse
from episodes.event_log.outline import outline
from episodes.event_log.reader import Database, of_a_later_release
from episodes.event_log.stored_form import Damaged, FromLaterRelease, Unreadable
from episodes.publishing.mapping import published
from episodes.visibility import may_have_recorded, may_have_right, recorded_by

_THREADS = 2
_AT_ONCE = 100
"""How many events are fetched and opened at a time."""
_PRIVATE = [step.name for step in STEPS if not step.published]
_REACHED = f"""SELECT max(originator_version) FROM stored_events
WHERE originator_id = %s AND originator_version >= %s AND {sequence_in(CLEAR)} <= %s"""  # noqa: S608 - our own words
"""The version of the event with a sequence: it is never below it."""
_LATER = """SELECT originator_id, originator_version, topic, state FROM stored_events
WHERE originator_id = %s AND originator_version > %s AND topic <> ALL(%s)
ORDER BY originator_version LIMIT %s"""


@dataclass(slots=True)
class Telling:
    """Opens the events of one client's episode for a caller, in their order: those of a sequence after
    `reached`. It ends before the first that cannot be told, if there is one: `fault` is why.
    """

    who: Caller
    client: Scoped
    keys: Mapping[UUID, DataKey]
    reached: int
    public_url: str
    texts: list[str] = field(default_factory=list)
    fault: Unreadable | None = None
    _unread: Damaged | None = None
    """An event whose sequence cannot be read: one that is missing, unless the next says that none is."""

    def tell(self, rows: Sequence[StoredEvent]) -> None:
        try:
            for row in rows:
                self._tell(row)
        except Unreadable as fault:
            self.fault = fault

    def end(self) -> None:
        """There are no more."""
        self.fault = self.fault or self._unread

    def _tell(self, row: StoredEvent) -> None:
        try:
            event = self._parsed(row)
        except Damaged as damage:
            self._unread = self._unread or damage
            return
        sequence = event.metadata.sequence or 0
        if sequence <= self.reached:
            return
        if self._unread is not None and sequence > self.reached + 1:
            raise self._unread
        if (text := self._told(event)) is not None:
            self.texts.append(text)
        self.reached, self._unread = sequence, None

    def _parsed(self, row: StoredEvent) -> SealedEvent:
        event = parse(row)
        metadata = event.metadata
        if (metadata.network, metadata.client) != self.client:
            raise Damaged(f"event {metadata.event_id} is not of the client and network of its episode")
        return event

    def _told(self, event: SealedEvent) -> str | None:
        """The event as the feed has it. None if no clinic of the caller recorded it."""
        if not may_have_recorded(self.who, event.metadata):
            return None
        if of_a_later_release(event.metadata):
            raise FromLaterRelease(event.metadata.event_id)
        entry = decrypt(event, self.keys)
        told = published(entry, self.public_url)
        return to_json(told) if told is not None and recorded_by(self.who, entry) else None


class EpisodeEvents:
    """Opens no events but those it tells and the next, and the transfers that a caller limited to clinics may
    be told."""

    def __init__(self, database: Database, unwrap: Unwrap, public_url: str) -> None:
        self._database = database
        self._unwrap = unwrap
        self._public_url = public_url
        self._threads = ThreadPoolExecutor(_THREADS, "events-of-an-episode")

    async def after(self, who: Caller, episode: UUID, sequence: int, limit: int) -> tuple[Telling, bool]:
        """Up to `limit` events after a sequence, in order, and whether more follow.

        Raises `NotThere`, and `FromLaterRelease` if the first of them is of a later release.
        """
        async with self._database.within(who.network) as connection:
            seen = await outline(connection, who.network, episode, None)
            if seen is None or not may_have_right(who, seen):
                raise NotThere
            client = (who.network, seen.headers[0].client)
            keys = await keys_of(connection, self._unwrap, {client})
            telling = Telling(who, client, keys, sequence, self._public_url)
            more = await self._fill(connection, telling, episode, limit)
        match telling.fault:
            case FromLaterRelease() as later if not telling.texts:
                raise later
            case Damaged() as damage:
                structlog.get_logger("feed").error("damaged", reason=str(damage))
        return telling, more

    async def _fill(
        self, connection: AsyncConnection[Any], telling: Telling, episode: UUID, limit: int
    ) -> bool:
        """Fetches some and opens them, until there is one too many or no more: not all may be for the caller.
        Whether more follow that are."""
        version, ended = await _version_of(connection, episode, telling.reached), False
        while not ended and telling.fault is None and len(telling.texts) <= limit:
            most = min(_AT_ONCE, limit + 1 - len(telling.texts))
            rows = await _later(connection, episode, version, most)
            await asyncio.get_running_loop().run_in_executor(self._threads, telling.tell, rows)
            ended = len(rows) < most
            if ended:
                telling.end()
            else:
                version = rows[-1].originator_version
        more = telling.fault is not None or len(telling.texts) > limit
        if len(telling.texts) >= limit:
            telling.fault = None  # it is of the next page
            del telling.texts[limit:]
        return more


async def _version_of(connection: AsyncConnection[Any], episode: UUID, sequence: int) -> int:
    if sequence == 0:
        return 0
    found = await connection.execute(_REACHED, (episode, sequence, sequence))
    [(version,)] = await found.fetchall()
    return version or 0


async def _later(
    connection: AsyncConnection[Any], episode: UUID, version: int, most: int
) -> list[StoredEvent]:
    """The next events after a version, without those that this release knows to be private."""
    found = await connection.execute(_LATER, (episode, version, _PRIVATE, most), binary=True)
    return [StoredEvent(*row) for row in await found.fetchall()]
