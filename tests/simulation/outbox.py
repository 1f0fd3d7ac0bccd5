"""The deliveries that are due: each call one transaction, whose answer may not arrive."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from notifications.delivering.courier import Attempt, Claimed
from notifications.delivering.schedule import Delivered, EndpointGone, Exhausted, Next, Retry
from tests.simulation.callers import BEGAN
from tests.simulation.reactions import Database, Delivery, Lost, Recorded, Subscription
from tests.simulation.scheduling import Scheduler, pause

LEASE = 30.0
PER_ENDPOINT = 4
SECRET = "whsec_" + "c2ltdWxhdGlvbiBvZiBhIHNlY3JldCBvZiAzMiBi"


@dataclass(eq=False)
class Outbox:
    """As PostgreSQL's: a lease is written with a claim of its own, and only who holds it may end it."""

    scheduler: Scheduler
    database: Database
    new_id: Callable[[], UUID]
    lease: float = LEASE
    taken_again: list[tuple[UUID, int]] = field(default_factory=list)
    """What was claimed although it was over."""

    async def claim(self, networks: Sequence[str], room: int) -> Sequence[Claimed]:
        await self._travels()
        claim, tables = self.new_id(), self.database.tables
        taken = [key for it in tables.subscriptions for key in self._due_to(it)][:room]
        self.taken_again += [key for key in taken if tables.deliveries[key].over]
        for key in taken:
            self._put(key, replace(tables.deliveries[key], claim=claim, lease_until=self._now + self.lease))
        claimed = [self._claimed(tables.deliveries[key]) for key in taken]
        if claimed:
            await self._travels()
        return claimed

    async def release(self, claimed: Sequence[Claimed], wait: timedelta) -> None:
        for it in claimed:
            await self._leave(it, "pending", wait.total_seconds())

    async def rest(self, claimed: Claimed) -> None:
        await self.release([claimed], timedelta(seconds=5))

    async def withhold(self, claimed: Claimed) -> None:
        self.scheduler.note("withheld:", claimed.due.subscription_id.int, claimed.due.number)
        await self._leave(claimed, "withheld", 0.0)

    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None:
        await self._travels()
        if (before := self._mine(claimed)) is not None:
            began = (attempt.started_at - BEGAN).total_seconds()
            state, wait, gone = _following(following)
            self.scheduler.note("recorded:", *_name(claimed), attempt.outcome, state, wait)
            after = replace(
                before,
                state=state,
                attempts=before.attempts + 1,
                due_at=self._now + wait,
                claim=None,
                lease_until=-1.0,
                recorded=(*before.recorded, Recorded(began, gone)),
            )
            self._put(_key(claimed), after)
            self._tell_endpoint(claimed.due.subscription_id, state == "delivered", gone)
        await self._travels()

    def enable(self) -> None:
        """What an operator does once an endpoint that wanted no more is mended."""
        for identifier, subscription in self.database.tables.subscriptions.items():
            if not subscription.active:
                self._subscriptions[identifier] = replace(subscription, active=True)
                self.database.tables.version += 1

    @property
    def _now(self) -> float:
        return self.scheduler.now

    @property
    def _subscriptions(self) -> dict[UUID, Subscription]:
        return self.database.tables.subscriptions

    def _due_to(self, subscription: UUID) -> list[tuple[UUID, int]]:
        kept = self._subscriptions[subscription]
        mine = [(key, it) for key, it in self.database.tables.deliveries.items() if key[0] == subscription]
        leased = sum(it.lease_until >= self._now for _, it in mine)
        room = max(0, (1 if kept.failures else PER_ENDPOINT) - leased) if kept.active else 0
        due = [
            (it.due_at, key)
            for key, it in mine
            if it.state == "pending" and it.due_at <= self._now and it.lease_until < self._now
        ]
        return [key for _, key in sorted(due)[:room]]

    def _claimed(self, delivery: Delivery) -> Claimed:
        assert delivery.claim is not None
        address = "https://partner.example"
        return Claimed(delivery.due, delivery.claim, delivery.attempts, address, SECRET, self._now)

    def _mine(self, claimed: Claimed) -> Delivery | None:
        """The delivery, while the lease is this claim's."""
        delivery = self.database.tables.deliveries[_key(claimed)]
        return delivery if delivery.claim == claimed.claim else None

    async def _leave(self, claimed: Claimed, state: str, wait: float) -> None:
        await self._travels()
        if (before := self._mine(claimed)) is not None:
            after = replace(before, state=state, due_at=self._now + wait, claim=None, lease_until=-1.0)
            self._put(_key(claimed), after)
        await self._travels()

    def _tell_endpoint(self, subscription: UUID, delivered: bool, gone: bool) -> None:
        before = self._subscriptions[subscription]
        failures = 0 if delivered else before.failures + 1
        self._subscriptions[subscription] = replace(
            before, failures=failures, active=before.active and not gone
        )

    def _put(self, key: tuple[UUID, int], delivery: Delivery) -> None:
        over = delivery.over or delivery.state != "pending"
        self.database.tables.deliveries[key] = replace(delivery, over=over)
        self.database.tables.version += 1

    async def _travels(self) -> None:
        await pause(self.scheduler.random.random() * 0.05)
        if self.scheduler.fails():
            raise Lost


def _following(following: Next) -> tuple[str, float, bool]:
    """State, seconds to wait, and whether the endpoint is gone."""
    match following:
        case Delivered():
            return "delivered", 0.0, False
        case Retry(wait):
            return "pending", wait.total_seconds(), False
        case EndpointGone():
            return "pending", 0.0, True
        case Exhausted():
            return "failed", 0.0, False


def _key(claimed: Claimed) -> tuple[UUID, int]:
    return claimed.due.subscription_id, claimed.due.number


def _name(claimed: Claimed) -> tuple[int, int]:
    return claimed.due.subscription_id.int, claimed.due.number
