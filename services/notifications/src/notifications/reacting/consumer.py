"""The `consume` role: follows a source from the stored positions, and starts over after a fault."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NoReturn

import psycopg
import structlog

from care_platform.clock_drift import ClockDrift
from care_platform.crash_points import crash_point
from care_platform.logs import reason_of
from notifications.postgres.connections import Connect, Connection, GrantsMissing
from notifications.reacting import intake
from notifications.reacting.positions import Moved, move, positions, topics
from notifications.reacting.sources import Batch, Source, SourceUnavailable

PAUSE_SECONDS = 1.0
log = structlog.get_logger()


async def follow(source: Source, connect: Connect, drift: ClockDrift) -> None:
    """Follow a source for ever. Positions are stored with the effects, so starting over is always safe."""
    try:
        while True:
            try:
                await _follow(source, connect, drift)
            except (psycopg.Error, SourceUnavailable, Moved) as fault:
                log.warning("consume begins again", error=type(fault).__name__, reason=_reason(fault))
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        await source.close()


async def _follow(source: Source, connect: Connect, drift: ClockDrift) -> NoReturn:
    async with await connect() as db:
        known = await positions(db)
        await source.start(known, await topics(db))
        while True:
            if drift.due():
                async with db.transaction():
                    await drift.ask_async(db)
            for batches in _by_network(await source.read()):
                crash_point("consume.after-read")
                await take_in(db, batches, known)
                crash_point("consume.after-commit")
                known |= {batch.lane: batch.position for batch in batches}


async def take_in(db: Connection, batches: Sequence[Batch], known: Mapping[str, str]) -> None:
    """Take in batches of one network: positions, seen events, knowledge and what is owed, in one transaction.

    Each commit waits for a disk, so batches read together are written together. `known` has old positions.
    """
    messages = [message for batch in batches for message in batch.messages]
    await intake.take_in(db, batches[0].network, messages, partial(move, db, batches, known))


def _by_network(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    """The batches of each network, in the order of lanes: every consumer locks them in that order."""
    in_order = sorted(batches, key=lambda it: (it.network, it.lane))
    for _, of_one in groupby(in_order, key=lambda it: it.network):
        yield list(of_one)


def _reason(fault: Exception) -> str | None:
    ours = isinstance(fault, SourceUnavailable | Moved | GrantsMissing)
    return str(fault) if ours else reason_of(fault)
