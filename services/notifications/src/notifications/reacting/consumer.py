"""The `consume` role: follows a source from the stored positions, and starts over after a fault."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NoReturn
from uuid import UUID

import psycopg
import structlog

from care_platform.crash_points import crash_point
from care_platform.logs import reason_of
from care_platform.postgres.notices import QueueFull, be_quiet
from notifications.postgres.connections import Connect, Connection, GrantsMissing, within
from notifications.reacting.ledger import Ledger
from notifications.reacting.messages import Message
from notifications.reacting.positions import Moved, move, positions
from notifications.reacting.react import react, set_aside
from notifications.reacting.sources import Batch, Source, SourceUnavailable

PAUSE_SECONDS = 1.0
log = structlog.get_logger()


async def follow(source: Source, connect: Connect) -> None:
    """Follow a source for ever. Positions are stored with the effects, so starting over is always safe."""
    try:
        while True:
            try:
                await _follow(source, connect)
            except (psycopg.Error, SourceUnavailable, Moved) as fault:
                log.warning("consume begins again", error=type(fault).__name__, reason=_reason(fault))
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        await source.close()


async def _follow(source: Source, connect: Connect) -> NoReturn:
    async with await connect() as db:
        known = await positions(db)
        await source.start(known)
        while True:
            for batches in _by_network(await source.read()):
                crash_point("consume.after-read")
                await take_in(db, batches, known)
                crash_point("consume.after-commit")
                known |= {batch.lane: batch.position for batch in batches}


async def take_in(db: Connection, batches: Sequence[Batch], known: Mapping[str, str]) -> None:
    """Take in batches of one network: positions, seen events, knowledge and what is owed, in one transaction.

    Each commit waits for a disk, so batches read together are written together. `known` has old positions.
    """
    try:
        await _take_in(db, batches, known)
    except QueueFull:
        log.warning("the queue of notices is full")
        await be_quiet(db)
        await _take_in(db, batches, known)


async def _take_in(db: Connection, batches: Sequence[Batch], known: Mapping[str, str]) -> None:
    network, messages = batches[0].network, _messages(batches)
    try:
        async with db.pipeline() as sending, within(db, network):
            await move(db, batches, known)
            crash_point("consume.after-move")
            ledger = Ledger(db)
            await ledger.expect(network, *_named(messages))
            for message in messages:
                await react(ledger, message)
            await sending.sync()
            crash_point("consume.before-commit")
    except Exception as fault:
        if not _of_a_message(fault):
            raise
        log.error("a batch cannot be taken in", network=network, error=type(fault).__name__)
        await _one_by_one(db, batches, known)


async def _one_by_one(db: Connection, batches: Sequence[Batch], known: Mapping[str, str]) -> None:
    """Take the messages in one by one: the one that fails is parked, the others take effect."""
    async with within(db, batches[0].network):
        await move(db, batches, known)
        for message in _messages(batches):
            await _alone(db, message)


async def _alone(db: Connection, message: Message) -> None:
    try:
        async with db.transaction():
            await react(Ledger(db), message)
    except Exception as fault:
        if not _of_a_message(fault):
            raise
        await set_aside(Ledger(db), message, f"cannot be taken in: {type(fault).__name__}")


def _by_network(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    """The batches of each network, in the order of lanes: every consumer locks them in that order."""
    in_order = sorted(batches, key=lambda it: (it.network, it.lane))
    for _, of_one in groupby(in_order, key=lambda it: it.network):
        yield list(of_one)


def _messages(batches: Sequence[Batch]) -> list[Message]:
    return [message for batch in batches for message in batch.messages]


def _named(messages: Sequence[Message]) -> tuple[set[UUID], set[UUID]]:
    """The events and episodes that the messages seem to be about."""
    hints = [message.hints() for message in messages]
    return {event for event, _ in hints if event}, {episode for _, episode in hints if episode}


def _of_a_message(fault: Exception) -> bool:
    """Whether a retry would fail again, because the message is at fault and not the database."""
    return isinstance(fault, psycopg.DataError) or not isinstance(fault, psycopg.Error | Moved)


def _reason(fault: Exception) -> str | None:
    ours = isinstance(fault, SourceUnavailable | Moved | GrantsMissing)
    return str(fault) if ours else reason_of(fault)
