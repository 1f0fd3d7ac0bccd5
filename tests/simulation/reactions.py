"""The database of notifications: whole transactions, of which the second to commit begins again."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from contracts.envelope import PublishedEvent
from notifications.delivering.webhook_bodies import Due
from notifications.reacting.gaps import Gap
from notifications.reacting.knowledge import Knowledge
from notifications.reacting.messages import Message
from notifications.reacting.owed import AlertsTakenBack, AmendmentOwed, InboxOwed, OpeningOwed, WebhookOwed
from tests.simulation.log import NETWORK, PARTNERS
from tests.simulation.scheduling import Scheduler, pause


class Lost(Exception):
    """The database refused the transaction, or its answer did not arrive."""


@dataclass(frozen=True, slots=True)
class Subscription:
    partner: UUID
    last_number: int = 0
    failures: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """When an attempt began, and whether the endpoint wanted no more."""

    began: float
    gone: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """`recorded`: the attempts that were written down. `over`: it once was no longer pending."""

    due: Due
    due_at: float
    state: str = "pending"
    attempts: int = 0
    claim: UUID | None = None
    lease_until: float = -1.0
    recorded: tuple[Recorded, ...] = ()
    over: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the inbox. `told_of`: whose broken rules it told of, of which `sessions` stand."""

    episode: UUID
    number: int
    told_of: frozenset[UUID]
    sessions: frozenset[UUID]
    taken_back_by: UUID | None = None


@dataclass(slots=True)
class Tables:
    """Rows are immutable, so a transaction works on a copy of the tables alone."""

    version: int = 0
    positions: dict[int, int] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    knowledge: dict[UUID, Knowledge] = field(default_factory=dict)
    openings: dict[UUID, PublishedEvent] = field(default_factory=dict)
    inbox: dict[tuple[UUID, str], Item] = field(default_factory=dict)
    parked: list[str] = field(default_factory=list)
    gaps: dict[UUID, Gap] = field(default_factory=dict)
    held: dict[UUID, tuple[PublishedEvent, Message]] = field(default_factory=dict)
    repeated: list[UUID] = field(default_factory=list)
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)
    deliveries: dict[tuple[UUID, int], Delivery] = field(default_factory=dict)

    def copy(self) -> "Tables":
        return Tables(
            self.version,
            dict(self.positions),
            set(self.seen),
            dict(self.knowledge),
            dict(self.openings),
            dict(self.inbox),
            list(self.parked),
            dict(self.gaps),
            dict(self.held),
            list(self.repeated),
            dict(self.subscriptions),
            dict(self.deliveries),
        )


def _subscribed() -> Tables:
    """One partner has two subscriptions, the other one."""
    partners = (PARTNERS[0], PARTNERS[0], PARTNERS[1])
    return Tables(subscriptions={UUID(int=21 + n): Subscription(it) for n, it in enumerate(partners)})


@dataclass(eq=False)
class Database:
    scheduler: Scheduler
    tables: Tables = field(default_factory=_subscribed)

    def begin(self) -> "Transaction":
        return Transaction(self, self.tables.copy())


@dataclass(eq=False, slots=True)
class Transaction:
    """What is written is there for others only after `commit`; left without it, it never was."""

    database: Database
    tables: Tables

    def commit(self) -> None:
        """Raises `Lost` if another one came first; also, now and then, after it went through."""
        scheduler = self.database.scheduler
        if self.database.tables.version != self.tables.version or scheduler.fails():
            raise Lost
        self.tables.version += 1
        self.database.tables = self.tables
        if scheduler.fails():
            raise Lost


class Ledger:
    """The ledger of `react`, as the tables of the real one keep it."""

    def __init__(self, transaction: Transaction) -> None:
        self._database = transaction.database
        self._tables = transaction.tables
        self._scheduler = transaction.database.scheduler

    async def has_parked(self, network: str, episode: UUID) -> bool:
        await pause()
        return bool(self._tables.parked)

    async def passes(self, message: Message) -> bool:
        return False

    async def seen(self, event: PublishedEvent) -> bool:
        return event.id in self._tables.seen

    async def first_sight(self, event: PublishedEvent) -> bool:
        if event.id in self._tables.seen:
            return False
        self._tables.seen.add(event.id)
        return True

    async def knowledge(self, network: str, episode: UUID) -> Knowledge:
        return self._tables.knowledge.get(episode, Knowledge())

    async def remember(self, event: PublishedEvent, old: Knowledge, new: Knowledge) -> None:
        await pause()
        self._tables.knowledge[event.episode] = new
        if new.referring_partner != old.referring_partner:
            self._tables.openings[event.episode] = event

    async def owe_webhooks(self, event: PublishedEvent, owed: WebhookOwed) -> None:
        await self._owe(event, owed.partner, self._scheduler.now)

    async def owe_opening(self, event: PublishedEvent, owed: OpeningOwed) -> None:
        """Consents begin at once in this world."""
        await self._owe(self._tables.openings[event.episode], owed.partner, self._scheduler.now)

    async def owe_amendment(self, event: PublishedEvent, owed: AmendmentOwed) -> None:
        await pause()
        for identifier in self._tables.subscriptions:
            if self._was_sent(identifier, owed.entry):
                self._owe_one(event, identifier, self._scheduler.now)

    async def take_back(self, event: PublishedEvent, owed: AlertsTakenBack) -> None:
        """As the statement of the real one: alerts of later events stand."""
        await pause()
        concerned = {
            key: item
            for key, item in self._tables.inbox.items()
            if self.takes_back(key[1], item, event, owed)
        }
        for key, item in concerned.items():
            left = item.sessions - set(owed.sessions)
            self._tables.inbox[key] = replace(item, sessions=left, taken_back_by=None if left else event.id)
        if concerned:
            await self.owe_inbox(event, InboxOwed(event.clinic, "notice", "breach_taken_back"))

    def takes_back(self, concern: str, item: Item, event: PublishedEvent, owed: AlertsTakenBack) -> bool:
        """Whether an event takes back what the item told of one of these sessions."""
        return (
            concern == "rule_of_care_broken"
            and item.episode == event.episode
            and item.taken_back_by is None
            and item.number < event.sequence
            and not item.sessions.isdisjoint(owed.sessions)
        )

    async def owe_inbox(self, event: PublishedEvent, owed: InboxOwed) -> None:
        told_of = frozenset(owed.sessions)
        item = Item(event.episode, event.sequence, told_of, told_of)
        self._tables.inbox.setdefault((event.id, owed.concern), item)

    async def park(self, message: Message, reason: str, event: UUID | None, episode: UUID | None) -> None:
        self._tables.parked.append(reason)

    async def gap(self, network: str, episode: UUID) -> Gap | None:
        return self._tables.gaps.get(episode)

    async def keep_gap(self, event: PublishedEvent, gap: Gap) -> None:
        self._tables.gaps[event.episode] = gap
        if gap.closed:
            del self._tables.gaps[event.episode]

    async def hold(self, message: Message, event: PublishedEvent) -> None:
        self._tables.held[event.id] = (event, message)

    async def release(self, network: str, episode: UUID, up_to: int) -> Message | None:
        await pause()
        of_episode = [it for it, _ in self._tables.held.values() if it.episode == episode]
        first = min(of_episode, key=lambda it: it.sequence, default=None)
        if first is None or first.sequence > up_to:
            return None
        return self._tables.held.pop(first.id)[1]

    async def repeats(self, event: PublishedEvent) -> bool:
        self._tables.repeated.append(event.id)
        return True

    async def _owe(self, event: PublishedEvent, partner: UUID, due_at: float) -> None:
        await pause()
        for identifier, subscription in self._tables.subscriptions.items():
            if subscription.partner == partner:
                self._owe_one(event, identifier, due_at)

    def _owe_one(self, event: PublishedEvent, subscription: UUID, due_at: float) -> None:
        if not self._is_owed(subscription, event):
            number = self.counted(subscription)
            due = _due(event, subscription, number, self._tables.subscriptions[subscription].partner)
            self._tables.deliveries[subscription, number] = Delivery(due, due_at)

    def _was_sent(self, subscription: UUID, entry: UUID) -> bool:
        """Whether it was sent the entry, or still is to be."""
        return any(
            key[0] == subscription and delivery.due.event_id == entry and delivery.state != "withheld"
            for key, delivery in self._tables.deliveries.items()
        )

    def _is_owed(self, subscription: UUID, event: PublishedEvent) -> bool:
        return any(
            key[0] == subscription and delivery.due.event_id == event.id
            for key, delivery in self._tables.deliveries.items()
        )

    def counted(self, subscription: UUID) -> int:
        """The next number; a transaction that fails gives it back."""
        before = self._tables.subscriptions[subscription]
        self._tables.subscriptions[subscription] = replace(before, last_number=before.last_number + 1)
        return before.last_number + 1


def _due(event: PublishedEvent, subscription: UUID, number: int, partner: UUID) -> Due:
    return Due(
        network=NETWORK,
        subscription_id=subscription,
        number=number,
        partner=partner,
        level="ids",
        event_id=event.id,
        type=event.type,
        episode=event.episode,
        clinic=event.clinic,
        occurred_at=event.time,
        precision=event.precision,
        recorded_at=event.recordedtime,
        origin=event.origin,
        dataref=event.recordref,
        correlation_id=event.correlationid,
        owed_at=event.recordedtime,
    )
