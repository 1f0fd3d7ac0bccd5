"""Reads one episode for whoever has a right to it. Nothing is opened before that is known.

Long episodes are opened, folded and shown on threads of their own: on the event loop everybody would wait.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection

from episodes.domain.event import RecordedEvent
from episodes.errors import NotThere
from episodes.event_log.client_keys import Unwrap, keys_of
from episodes.event_log.codec import decode
from episodes.event_log.outline import Outline, outline
from episodes.event_log.reader import Database

T = TypeVar("T")
Entries = Sequence[RecordedEvent[Any]]
HasRight = Callable[[Outline], bool]
"""Whether whoever asks may have a right to the episode. True only opens it: `show` decides again, on all."""

LONG_EVENTS = 100
LONG_BYTES = 256 * 1024
"""Up to so much the event loop opens, folds and writes itself, in some 4 ms: 36 µs for an event of the usual
1.2 kB, measured. Large events cost less by the byte, yet a few hundred of them stop everybody for long."""

_THREADS = 2
_AT_ONCE = 100
"""How many events one answer of the database holds, so that the event loop never takes in many megabytes
at once."""
_EVENTS = """SELECT originator_id, originator_version, topic, state FROM stored_events
WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s
    AND (originator_version <= %s OR topic = ANY(%s))
ORDER BY originator_version LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Part:
    """Which events to open: those after a version up to another, and all later ones of some types."""

    after: int
    upto: int
    later: frozenset[str] = frozenset()


class Episodes:
    """The episodes in the log, opened with the clients' keys."""

    def __init__(self, database: Database, unwrap: Unwrap) -> None:
        self._database = database
        self._unwrap = unwrap
        self._threads = ThreadPoolExecutor(_THREADS, "long-episodes")

    async def shown(
        self,
        network: str,
        identifier: UUID,
        partner: UUID | None,
        has_right: HasRight,
        show: Callable[[Outline, Entries], T],
        part: Callable[[Outline], Part | None] = lambda _: None,
    ) -> T:
        """What `show` makes of the episode's events, oldest first: of all, or of the part that is wanted.

        Raises `NotThere`, after the same statements whether there is no such episode or no right to it, and
        `Unreadable`.
        """
        async with self._database.within(network) as connection:
            seen = await outline(connection, network, identifier, partner)
            if seen is None or not has_right(seen):
                raise NotThere
            events = await _stored(connection, seen, part(seen) or Part(0, seen.last.version))
            client = (network, seen.headers[0].client)
            keys = await keys_of(connection, self._unwrap, {client})

        def opened() -> T:
            return show(seen, [decode(event, keys) for event in events])

        if is_long(events):
            return await asyncio.get_running_loop().run_in_executor(self._threads, opened)
        return opened()


def is_long(events: Sequence[StoredEvent]) -> bool:
    return len(events) > LONG_EVENTS or sum(len(event.state) for event in events) > LONG_BYTES


async def _stored(connection: AsyncConnection[Any], seen: Outline, part: Part) -> list[StoredEvent]:
    """The stored events of a part, none newer than the outline."""
    episode, last, types = seen.last.episode_id, seen.last.version, sorted(part.later)
    events: list[StoredEvent] = []
    after = part.after
    while True:
        found = await connection.execute(
            _EVENTS, (episode, after, last, part.upto, types, _AT_ONCE), binary=True
        )
        rows = await found.fetchall()
        events += (StoredEvent(*row) for row in rows)
        if len(rows) < _AT_ONCE:
            return events
        after = events[-1].originator_version
