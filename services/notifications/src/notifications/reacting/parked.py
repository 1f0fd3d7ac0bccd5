"""The operator's view of parked messages: list, replay, dismiss. Within an episode the oldest comes first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog
from psycopg.rows import class_row

from contracts.envelope import Unreadable
from notifications.postgres.connections import Connection
from notifications.reacting.ledger import Ledger
from notifications.reacting.messages import Message, unpack
from notifications.reacting.positions import hold_still
from notifications.reacting.react import FOLLOWS, arrive, take_what_follows, understand

Resolution = Literal["replayed", "dismissed"]
log = structlog.get_logger()


class CannotResolve(Exception):
    """The message stays parked, for the reason given."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked message. `raw` may have content that must not be printed."""

    network_id: str
    parked_id: int
    form: str
    place: str
    reason: str
    event_id: UUID | None
    episode_id: UUID | None
    parked_at: datetime
    raw: bytes


_OPEN = (
    "SELECT network_id, parked_id, form, place, reason, event_id, episode_id, parked_at, raw"
    " FROM parked WHERE resolved_at IS NULL"
)


async def list_parked(db: Connection) -> list[Parked]:
    """All parked messages, oldest first."""
    async with db.cursor(row_factory=class_row(Parked)) as cursor:
        return await (await cursor.execute(f"{_OPEN} ORDER BY parked_id")).fetchall()


async def resolve(db: Connection, parked_id: int, resolution: Resolution) -> int:
    """Replay or dismiss one message, then take in those that waited behind it. Returns their number.

    Raises `CannotResolve`, having changed nothing.
    """
    async with db.transaction():
        parked = await _find(db, parked_id)
        await hold_still(db, parked.network_id)
        waiting = await _waiting(db, parked)
        if not waiting or waiting[0].parked_id != parked_id:
            raise CannotResolve("an older message of its episode comes first")
        if resolution == "replayed":
            await _replay(db, waiting[0])
        else:
            await Ledger(db).give_up(_message(parked))
        await _mark(db, parked, resolution)
        followed = await _followers(db, waiting[1:])
        if parked.episode_id is not None:
            await take_what_follows(Ledger(db), parked.network_id, parked.episode_id)
        return 1 + followed


async def _followers(db: Connection, waiting: list[Parked]) -> int:
    for done, follower in enumerate(waiting):
        if follower.reason != FOLLOWS:
            return done
        await _replay(db, follower)
        await _mark(db, follower, "replayed")
    return len(waiting)


async def _replay(db: Connection, parked: Parked) -> None:
    message = _message(parked)
    try:
        event = understand(message)
    except Unreadable as fault:
        raise CannotResolve(f"{parked.parked_id}: {fault.reason}") from None
    await arrive(Ledger(db), message, event)


def _message(parked: Parked) -> Message:
    return unpack(parked.network_id, parked.place, parked.form, parked.raw)


async def _find(db: Connection, parked_id: int) -> Parked:
    async with db.cursor(row_factory=class_row(Parked)) as cursor:
        found = await (await cursor.execute(f"{_OPEN} AND parked_id = %s", [parked_id])).fetchone()
    if found is None:
        raise CannotResolve("no such parked message")
    return found


async def _waiting(db: Connection, parked: Parked) -> list[Parked]:
    """The parked messages of the same episode, oldest first; only itself if its episode is unknown."""
    async with db.cursor(row_factory=class_row(Parked)) as cursor:
        rows = await cursor.execute(
            f"{_OPEN} AND network_id = %s AND (episode_id = %s OR parked_id = %s) ORDER BY parked_id",
            [parked.network_id, parked.episode_id, parked.parked_id],
        )
        return await rows.fetchall()


async def _mark(db: Connection, parked: Parked, resolution: Resolution) -> None:
    await db.execute(
        "UPDATE parked SET resolved_at = now(), resolution = %s WHERE network_id = %s AND parked_id = %s",
        [resolution, parked.network_id, parked.parked_id],
    )
    log.info("parked message resolved", parked_id=parked.parked_id, resolution=resolution)
