"""Takes messages of one network in, in one transaction. One that fails is parked, if the fault is its own."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import psycopg
import structlog

from care_platform.crash_points import crash_point
from care_platform.postgres.notices import QueueFull, be_quiet
from notifications.postgres.connections import Connection, within
from notifications.reacting.ledger import Ledger
from notifications.reacting.messages import Message
from notifications.reacting.positions import Moved
from notifications.reacting.react import next_held, react, receive, set_aside
from notifications.reacting.sample import take_sample

log = structlog.get_logger()


class NoMessagesFault(Exception):
    """What fails for one message fails for every message alike, so that parking them would be wrong."""


async def take_in(
    db: Connection, network: str, messages: Sequence[Message], first: Callable[[], Awaitable[None]]
) -> None:
    """Do `first`, which locks the network's lanes, then take in the messages: all in one transaction.

    Raises `NoMessagesFault` without having changed anything.
    """
    try:
        await _take_in(db, network, messages, first)
    except QueueFull:
        await be_quiet(db)
        await _take_in(db, network, messages, first)  # refused again if something else is used up
        log.warning("the queue of notices is full")


async def _take_in(
    db: Connection, network: str, messages: Sequence[Message], first: Callable[[], Awaitable[None]]
) -> None:
    try:
        async with db.pipeline() as sending, within(db, network):
            await first()
            crash_point("consume.after-move")
            ledger = Ledger(db)
            await ledger.expect(network, *_named(messages))
            for message in messages:
                await react(ledger, message)
            await sending.sync()
            crash_point("consume.before-commit")
    except Exception as fault:
        if not _may_be_of_a_message(fault):
            raise
        log.error("a batch cannot be taken in", network=network, error=type(fault).__name__)
        await _one_by_one(db, network, messages, first)


async def _one_by_one(
    db: Connection, network: str, messages: Sequence[Message], first: Callable[[], Awaitable[None]]
) -> None:
    """Take the messages in one by one: the one that fails is parked, the others take effect."""
    blameless = True
    async with within(db, network):
        await first()
        for message in messages:
            one: Message | None = message
            episode: UUID | None = None
            while one is not None:
                taken = await _one(db, one)
                if isinstance(taken, Exception):
                    if blameless:
                        await _blame_the_message(db, network, taken)
                        blameless = False
                    await set_aside(Ledger(db), one, f"cannot be taken in: {type(taken).__name__}")
                else:
                    episode = episode or taken
                one = await next_held(Ledger(db), network, episode) if episode else None


async def _one(db: Connection, message: Message) -> UUID | Exception | None:
    """Take one message in, without those that were held behind it, or nothing of it.

    Returns the episode if others may follow, or the fault that may be the message's own.
    """
    try:
        async with db.transaction():
            return await receive(Ledger(db), message)
    except Exception as fault:
        if not _may_be_of_a_message(fault):
            raise
        return fault


async def _blame_the_message(db: Connection, network: str, fault: Exception) -> None:
    """Raise `NoMessagesFault` if a sample of our own cannot be taken in either. Nothing of it stays."""
    try:
        async with db.transaction(force_rollback=True):
            await take_sample(db, network)
    except Exception as other:
        if not _may_be_of_a_message(other):
            raise
        raise NoMessagesFault(type(fault).__name__) from other


def _named(messages: Sequence[Message]) -> tuple[set[UUID], set[UUID]]:
    """The events and episodes that the messages seem to be about."""
    hints = [message.hints() for message in messages]
    return {event for event, _ in hints if event}, {episode for _, episode in hints if episode}


def _may_be_of_a_message(fault: Exception) -> bool:
    """Whether a retry would fail again, unlike after a fault of the database."""
    return isinstance(fault, psycopg.DataError) or not isinstance(fault, psycopg.Error | Moved)
