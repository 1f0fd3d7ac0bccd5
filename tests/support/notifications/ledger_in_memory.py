"""The ledger of `react` in memory: what is known, held and owed, without a database."""

from dataclasses import dataclass, field
from uuid import UUID

from contracts.envelope import PublishedEvent
from notifications.reacting.gaps import Gap
from notifications.reacting.knowledge import Knowledge
from notifications.reacting.messages import Message
from notifications.reacting.owed import AlertsTakenBack, AmendmentOwed, InboxOwed, OpeningOwed, WebhookOwed


@dataclass
class LedgerInMemory:
    """The ledger of one network. `owed` has, in order, what each event owes."""

    seen_events: set[UUID] = field(default_factory=set)
    known: dict[UUID, Knowledge] = field(default_factory=dict)
    gaps: dict[UUID, Gap] = field(default_factory=dict)
    held: dict[UUID, tuple[PublishedEvent, Message]] = field(default_factory=dict)
    parked: list[tuple[Message, str, UUID | None, UUID | None]] = field(default_factory=list)
    owed: list[tuple[UUID, object]] = field(default_factory=list)
    repeated: list[UUID] = field(default_factory=list)

    async def has_parked(self, network: str, episode: UUID) -> bool:
        return any(parked[3] == episode for parked in self.parked)

    async def seen(self, event: PublishedEvent) -> bool:
        return event.id in self.seen_events

    async def first_sight(self, event: PublishedEvent) -> bool:
        first = event.id not in self.seen_events
        self.seen_events.add(event.id)
        return first

    async def knowledge(self, network: str, episode: UUID) -> Knowledge:
        return self.known.get(episode, Knowledge())

    async def remember(self, event: PublishedEvent, old: Knowledge, new: Knowledge) -> None:
        self.known[event.episode] = new

    async def owe_webhooks(self, event: PublishedEvent, owed: WebhookOwed) -> None:
        self.owed.append((event.id, owed))

    async def owe_opening(self, event: PublishedEvent, owed: OpeningOwed) -> None:
        self.owed.append((event.id, owed))

    async def owe_amendment(self, event: PublishedEvent, owed: AmendmentOwed) -> None:
        self.owed.append((event.id, owed))

    async def owe_inbox(self, event: PublishedEvent, owed: InboxOwed) -> None:
        if (event.id, owed) not in self.owed:
            self.owed.append((event.id, owed))

    async def take_back(self, event: PublishedEvent, owed: AlertsTakenBack) -> None:
        self.owed.append((event.id, owed))

    async def park(self, message: Message, reason: str, event: UUID | None, episode: UUID | None) -> None:
        self.parked.append((message, reason, event, episode))

    async def passes(self, message: Message) -> bool:
        return False

    async def gap(self, network: str, episode: UUID) -> Gap | None:
        return self.gaps.get(episode)

    async def keep_gap(self, event: PublishedEvent, gap: Gap) -> None:
        if gap.closed:
            self.gaps.pop(event.episode, None)
        else:
            self.gaps[event.episode] = gap

    async def hold(self, message: Message, event: PublishedEvent) -> None:
        self.held[event.id] = (event, message)

    async def release(self, network: str, episode: UUID, up_to: int) -> Message | None:
        of_episode = [it for it, _ in self.held.values() if it.episode == episode and it.sequence <= up_to]
        if not of_episode:
            return None
        first = min(of_episode, key=lambda it: it.sequence)
        return self.held.pop(first.id)[1]

    async def repeats(self, event: PublishedEvent) -> bool:
        self.repeated.append(event.id)
        return True
