"""Takes in one message: skips a known event, else updates what is known and stores what is owed.

An event that leaves a gap in its episode is held until what is missing is there. What cannot be read is
parked.

All of it happens in the caller's transaction, with the position: so an event takes effect exactly once.
"""

from typing import Protocol, assert_never
from uuid import UUID

import structlog

from contracts.envelope import PublishedEvent, Unreadable
from notifications.reacting.gaps import Gap
from notifications.reacting.knowledge import Knowledge, learn, missing_before
from notifications.reacting.messages import Message
from notifications.reacting.owed import (
    AlertsTakenBack,
    AmendmentOwed,
    InboxOwed,
    OpeningOwed,
    Owed,
    WebhookOwed,
)
from notifications.reacting.policies import decide, never_waits

FOLLOWS = "follows a parked message"
FOREIGN = "belongs to another network"
LAST = 2**63 - 1
"""No event has a higher number."""

log = structlog.get_logger()


class Ledger(Protocol):
    """What the intake stores, within one transaction."""

    async def has_parked(self, network: str, episode: UUID) -> bool:
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

    async def take_back(self, event: PublishedEvent, owed: AlertsTakenBack) -> None: ...

    async def park(self, message: Message, reason: str, event: UUID | None, episode: UUID | None) -> None: ...

    async def passes(self, message: Message) -> bool:
        """Whether an operator dismissed this message. If its turn it is, the episode goes on without it."""
        ...

    async def gap(self, network: str, episode: UUID) -> Gap | None:
        """The gap in the episode, while something is missing."""
        ...

    async def keep_gap(self, event: PublishedEvent, gap: Gap) -> None:
        """Store the gap in the event's episode; one that is closed ends."""
        ...

    async def hold(self, message: Message, event: PublishedEvent) -> None:
        """Keep a message until its turn. A repeated one is kept once."""
        ...

    async def release(self, network: str, episode: UUID, up_to: int) -> Message | None:
        """The first message held of the episode, unless its number is higher; it is held no longer."""
        ...

    async def repeats(self, event: PublishedEvent) -> bool:
        """Note an event whose number another one had; false if the number was passed over on purpose."""
        ...


async def react(ledger: Ledger, message: Message) -> None:
    """Take one message in, with what waited for it; or hold or park it, so that the next one can follow."""
    episode = await receive(ledger, message)
    if episode is not None:
        await take_what_follows(ledger, message.network, episode)


async def take_what_follows(ledger: Ledger, network: str, episode: UUID) -> None:
    """Take in what was held of the episode and has nothing missing before it any more."""
    while held := await next_held(ledger, network, episode):
        await receive(ledger, held)


async def next_held(ledger: Ledger, network: str, episode: UUID) -> Message | None:
    """What is held of the episode and is its next, unless a message of it is parked; it is held no longer."""
    if await ledger.has_parked(network, episode):
        return None
    return await ledger.release(network, episode, await _next(ledger, network, episode))


async def take_all_held(ledger: Ledger, network: str, episode: UUID) -> int:
    """Take in what is held of the episode although something before it is missing. Returns how many."""
    count = 0
    while held := await ledger.release(network, episode, LAST):
        count += 1
        try:
            await take(ledger, understand(held))
        except Unreadable as fault:
            await set_aside(ledger, held, fault.reason)
    return count


def understand(message: Message) -> PublishedEvent:
    """The event of a message. Raises `Unreadable`."""
    event = message.read()
    if event.network != message.network:
        raise Unreadable(FOREIGN)
    return event


async def arrive(ledger: Ledger, message: Message, event: PublishedEvent) -> bool:
    """Take the event of a message, unless it was seen before, or hold it behind a gap.

    Returns whether events that were held may follow it.
    """
    known = await ledger.knowledge(event.network, event.episode)
    gap = await ledger.gap(event.network, event.episode)
    if missing_before(known, event) and not await ledger.seen(event):
        gap = gap or Gap(known.sequence, event.sequence)
        await ledger.hold(message, event)
        await ledger.keep_gap(event, gap.reaching(event.sequence))
        await _owe_what_never_waits(ledger, event)
        return False
    await take(ledger, event)
    return gap is not None


async def take(ledger: Ledger, event: PublishedEvent) -> None:
    """Apply an event, unless it was seen before."""
    gap = await ledger.gap(event.network, event.episode)
    if await ledger.first_sight(event):
        await _apply(ledger, event, gap)
    if gap is not None and gap.without(event.sequence) != gap:
        await ledger.keep_gap(event, gap.without(event.sequence))


async def set_aside(ledger: Ledger, message: Message, reason: str) -> None:
    """Park a message with the reason. Later messages of its episode will be parked too."""
    event, episode = message.hints()
    log.error("message parked", network=message.network, place=message.place, reason=reason, event_id=event)
    await ledger.park(message, reason, event, episode)


async def receive(ledger: Ledger, message: Message) -> UUID | None:
    """Take, hold or park the message. Returns its episode if others, that were held, may follow it."""
    try:
        event = understand(message)
    except Unreadable as fault:
        if await ledger.passes(message):
            return message.hints()[1]
        await set_aside(ledger, message, fault.reason)
        return None
    if not await ledger.has_parked(message.network, event.episode):
        return event.episode if await arrive(ledger, message, event) else None
    if not await ledger.seen(event):
        await _owe_what_never_waits(ledger, event)
        await set_aside(ledger, message, FOLLOWS)
    return None


async def _next(ledger: Ledger, network: str, episode: UUID) -> int:
    """The number whose turn it is. A process of the release before may have gone past a gap."""
    gap = await ledger.gap(network, episode)
    return 1 + (gap.after if gap else (await ledger.knowledge(network, episode)).sequence)


async def _apply(ledger: Ledger, event: PublishedEvent, gap: Gap | None) -> None:
    known = await ledger.knowledge(event.network, event.episode)
    was_missing = gap is not None and gap.covers(event.sequence)
    behind = event.sequence <= known.sequence
    repeats = behind and not was_missing and await ledger.repeats(event)
    if repeats:
        log.error("another event had this number", network=event.network, event_id=event.id)
    learned = learn(known, event, late=behind and not repeats)
    await ledger.remember(event, known, learned)
    for owed in decide(event, learned):
        await _owe(ledger, event, owed)


async def _owe_what_never_waits(ledger: Ledger, event: PublishedEvent) -> None:
    """Taken later, in its turn, the event owes the same items again, which are stored once."""
    for owed in never_waits(event):
        await ledger.owe_inbox(event, owed)


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
        case AlertsTakenBack():
            await ledger.take_back(event, owed)
        case _:
            assert_never(owed)
