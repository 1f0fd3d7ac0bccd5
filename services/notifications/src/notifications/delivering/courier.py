"""One attempt: check the decision, sign, send, record the outcome, schedule what follows.

An attempt needs a decision at most two seconds old, and a lease that outlasts the attempt. Without them
nothing is sent or counted as an attempt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, assert_never
from uuid import UUID

import structlog

from contracts.disclosure import Decision, Question
from notifications.answers import Doubtful, NoAnswer
from notifications.delivering.schedule import (
    DELAYS,
    Answered,
    Next,
    Outcome,
    Unanswered,
    Unusable,
    after_attempt,
)
from notifications.delivering.signing import UnusableSecret, headers, webhook_id
from notifications.delivering.verdicts import verdict
from notifications.delivering.webhook_bodies import Due, body_of

DECISION_SERVES_SECONDS = 2.0
WAIT_FOR_ANSWER = timedelta(seconds=1)
WAIT_FOR_MENDING = timedelta(minutes=5)
"""The wait of a delivery about which there is doubt, until an operator removes its cause. Others proceed."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery leased to this process. `attempts` is how many were made before.

    `leased_at` is monotonic time: the lease began then or a little later.
    """

    due: Due
    claim: UUID
    attempts: int
    url: str
    secret: str | None = field(repr=False)
    leased_at: float

    @property
    def question(self) -> Question:
        due = self.due
        return Question(
            event_id=due.event_id,
            partner=due.partner,
            subscription_id=due.subscription_id,
            level=due.level,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is recorded of an attempt: neither a body nor a name."""

    decision_id: UUID
    started_at: datetime
    duration: timedelta
    outcome: Outcome


class Outbox(Protocol):
    """Deliveries. Each method returns once its change is committed, and changes nothing leased by others."""

    async def claim(self, networks: Sequence[str], room: int) -> Sequence[Claimed]:
        """Some of what is due. `room` is for how many more attempts this process has room."""
        ...

    async def release(self, claimed: Sequence[Claimed], wait: timedelta) -> None: ...
    async def rest(self, claimed: Claimed) -> None:
        """Release the delivery, and claim nothing of its subscription for a while."""
        ...

    async def withhold(self, claimed: Claimed) -> None: ...
    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None: ...


class Disclosure(Protocol):
    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        """One decision for each question, in their order. Raises `NoAnswer`, `Doubtful` among them."""
        ...


class Endpoint(Protocol):
    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome | Unusable: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and randomness, passed in so that tests can control them."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Courier:
    """Makes one attempt for each claimed delivery."""

    outbox: Outbox
    disclosure: Disclosure
    endpoint: Endpoint
    clock: Clock
    public_url: str
    delays: Sequence[timedelta] = DELAYS
    says_again: Callable[[tuple[str, str]], bool] = lambda _: True
    """Whether it is time to say the same of a network again: thousands may wait for one mend."""
    begins_within: float = 15.0
    """How many seconds after the lease began an attempt may begin: it is to end before the lease does."""

    async def decisions(self, network: str, claimed: Sequence[Claimed]) -> Sequence[Decision]:
        """Ask for all decisions at once. Without an answer the leases are released, and no attempt counts."""
        try:
            return await self.disclosure.ask(network, [it.question for it in claimed])
        except Doubtful as doubt:
            if self.says_again((network, "doubt")):
                log.error("no decision can be read", network=network, reason=str(doubt), count=len(claimed))
            await self.outbox.release(claimed, WAIT_FOR_MENDING)
            return ()
        except NoAnswer as silence:
            log.warning("no disclosure decision", network=network, reason=str(silence), count=len(claimed))
            # Without the wait a concurrent claim would ask again at once.
            await self.outbox.release(claimed, WAIT_FOR_ANSWER)
            return ()

    async def attempt(self, claimed: Claimed, decision: Decision, decided_at: float) -> None:
        """Make one attempt, if the decision allows it and is fresh, and while the delivery is ours alone.

        `decided_at` is monotonic time.
        """
        match verdict(decision):
            case "wait":
                due = claimed.due
                if self.says_again((due.network, decision.reason)):
                    log.error("in doubt", network=due.network, event_id=due.event_id, reason=decision.reason)
                await self.outbox.release([claimed], WAIT_FOR_MENDING)
            case "withhold":
                await self.outbox.withhold(claimed)
            case "send":
                await self._send_if_fresh(claimed, decision, decided_at)
            case never:
                assert_never(never)

    async def _send_if_fresh(self, claimed: Claimed, decision: Decision, decided_at: float) -> None:
        now = self.clock.monotonic()
        if now - decided_at > DECISION_SERVES_SECONDS or now - claimed.leased_at > self.begins_within:
            await self.outbox.release([claimed], timedelta(0))
        elif decision.subject is None and claimed.due.level != "empty":
            log.error("a decision lacks the subject", network=claimed.due.network)
            await self.outbox.release([claimed], WAIT_FOR_MENDING)
        else:
            await self._attempt(claimed, decision)

    async def _attempt(self, claimed: Claimed, decision: Decision) -> None:
        started = self.clock.now()
        outcome = await self._send(claimed, decision, started)
        if isinstance(outcome, Unusable):
            log.warning(
                "an address is unusable",
                network=claimed.due.network,
                subscription=claimed.due.subscription_id,
            )
            await self.outbox.rest(claimed)
            return
        attempt = Attempt(decision.decision_id, started, self.clock.now() - started, outcome)
        following = after_attempt(outcome, claimed.attempts + 1, self.delays, self.clock.jitter())
        await self.outbox.record(claimed, attempt, following)
        _tell(claimed, attempt)

    async def _send(self, claimed: Claimed, decision: Decision, started: datetime) -> Outcome | Unusable:
        due = claimed.due
        body = body_of(due, decision, self.public_url)
        message_id = webhook_id(due.subscription_id, due.event_id)
        try:
            signed = headers(claimed.secret or "", message_id, int(started.timestamp()), body)
        except UnusableSecret:
            return Unanswered("unusable_secret")
        return await self.endpoint.post(claimed.url, signed, body)


def _tell(claimed: Claimed, attempt: Attempt) -> None:
    """Logs one line per attempt, with ids only."""
    due, outcome = claimed.due, attempt.outcome
    log.info(
        "attempt",
        network=due.network,
        subscription=due.subscription_id,
        event_id=due.event_id,
        correlation_id=due.correlation_id,
        attempt=claimed.attempts + 1,
        status=outcome.status if isinstance(outcome, Answered) else None,
        error=outcome.error if isinstance(outcome, Unanswered) else None,
        duration_ms=round(attempt.duration / timedelta(milliseconds=1)),
    )
