"""Takes in one message: skips a known event, else updates what is known and stores what is owed; or parks it.

All of it happens in the caller's transaction, with the position: so an event takes effect exactly once.
"""

from typing import Protocol, assert_never
from uuid import UUID

import structlog

from contracts.envelope import PublishedEvent, Unreadable
from notifications.reacting.knowledge import Knowledge, learn, missing_before
from notifications.reacting.messages import Message
from notifications.reacting.owed import AmendmentOwed, InboxOwed, OpeningOwed, Owed, WebhookOwed
from notifications.reacting.policies import decide

FOLLOWS = "follows a parked message"
FOREIGN = "belongs to another network"

log = structlog.get_logger()


class Ledger(Protocol):
    """What the intake stores, within one transaction."""

    async def holds(self, network: str, episode: UUID) -> bool:
        """Whether a message of the episode is parked."""
        ...

    async def seen(self, event: PublishedEvent) -> bool: ...

    async def first_sight(self, event: PublishedEvent) -> bool:
        """Remember the event; false if it was seen before."""
        ...

    async def knowledge(self, network: str, episode: UUID) -> Knowledge: ...

    async def remember(self, event: PublishedEvent, old: Knowledge, new: Knowledge) -> None:
        """Store the new knowledge, and the ids and times of an opening that a partner waits for."""
        ...

    async def owe_webhooks(self, event: PublishedEvent, owed: WebhookOwed) -> None: ...

    async def owe_opening(self, event: PublishedEvent, owed: OpeningOwed) -> None: ...

    async def owe_amendment(self, event: PublishedEvent, owed: AmendmentOwed) -> None: ...

    async def owe_inbox(self, event: PublishedEvent, owed: InboxOwed) -> None: ...

    async def park(self, message: Message, reason: str, event: UUID | None, episode: UUID | None) -> None: ...


async def react(ledger: Ledger, message: Message) -> None:
    """Take one message in, or park it, so that the next one can follow."""
    try:
        event = understand(message)
    except Unreadable as fault:
        await set_aside(ledger, message, fault.reason)
        return
    if not await ledger.holds(message.network, event.episode):
        await take(ledger, event)
    elif not await ledger.seen(event):
        await set_aside(ledger, message, FOLLOWS)


def understand(message: Message) -> PublishedEvent:
    """The event of a message. Raises `Unreadable`."""
    event = message.read()
    if event.network != message.network:
        raise Unreadable(FOREIGN)
    return event


async def take(ledger: Ledger, event: PublishedEvent) -> None:
    """Apply an event, unless it was seen before."""
    if not await ledger.first_sight(event):
        return
    known = await ledger.knowledge(event.network, event.episode)
    if missing := missing_before(known, event):
        log.warning("events missing before this one", network=event.network, event_id=event.id, count=missing)
    learned = learn(known, event)
    await ledger.remember(event, known, learned)
    for owed in decide(event, learned):
        await _owe(ledger, event, owed)


async def _owe(ledger: Ledger, event: PublishedEvent, owed: Owed) -> None:
    match owed:
        case WebhookOwed():
            await ledger.owe_webhooks(event, owed)
        case OpeningOwed():
            await ledger.owe_opening(event, owed)
        case AmendmentOwed():
            await ledger.owe_amendment(event, owed)
        case InboxOwed():
            await ledger.owe_inbox(event, owed)
        case _:
            assert_never(owed)


async def set_aside(ledger: Ledger, message: Message, reason: str) -> None:
    """Park a message with the reason. Later messages of its episode will be parked too."""
    event, episode = message.hints()
    log.error("message parked", network=message.network, place=message.place, reason=reason, event_id=event)
    await ledger.park(message, reason, event, episode)
