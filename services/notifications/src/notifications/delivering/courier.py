"""The life of one attempt: may it go, sign, send, write down how it went, and what follows.

An attempt begins with a decision that is at most two seconds old. No answer means no send, and is no attempt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from contracts.disclosure import Decision, Question
from notifications.delivering.schedule import DELAYS, Answered, Next, Outcome, Unanswered, after_attempt
from notifications.delivering.signing import UnusableSecret, headers, webhook_id
from notifications.delivering.webhook_bodies import Due, body_of

DECISION_SERVES_SECONDS = 2.0
WAIT_FOR_ANSWER = timedelta(seconds=1)
WAIT_FOR_MENDING = timedelta(minutes=5)
"""A record that cannot be read waits for its operator, and holds up no other."""

log = structlog.get_logger()


class NoAnswer(Exception):
    """Whether it may go cannot be known now; the reason quotes nothing."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery leased to this process; `attempts` were made before."""

    due: Due
    claim: UUID
    attempts: int
    url: str
    secret: str | None = field(repr=False)

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
    """What is written down of an attempt: no body, no name."""

    decision_id: UUID
    started_at: datetime
    duration: timedelta
    outcome: Outcome


class Outbox(Protocol):
    """The deliveries. Each method returns once it is written, and changes nothing that another has leased."""

    async def claim(self, networks: Sequence[str], limit: int) -> Sequence[Claimed]: ...
    async def release(self, claimed: Sequence[Claimed], wait: timedelta) -> None: ...
    async def withhold(self, claimed: Claimed) -> None: ...
    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None: ...


class Disclosure(Protocol):
    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        """Answers in the order asked, without fail, or raises `NoAnswer`."""
        ...


class Endpoint(Protocol):
    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, passed in."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Courier:
    """Takes claimed deliveries through one attempt each."""

    outbox: Outbox
    disclosure: Disclosure
    endpoint: Endpoint
    clock: Clock
    public_url: str
    delays: Sequence[timedelta] = DELAYS

    async def decisions(self, network: str, claimed: Sequence[Claimed]) -> Sequence[Decision]:
        """Ask for all of them at once. Without an answer the leases go back, and no attempt is counted."""
        try:
            return await self.disclosure.ask(network, [it.question for it in claimed])
        except NoAnswer as silence:
            log.warning("no disclosure decision", network=network, reason=str(silence), count=len(claimed))
            await self.outbox.release(claimed, WAIT_FOR_ANSWER)  # else a claim under way asks again at once
            return ()

    async def attempt(self, claimed: Claimed, decision: Decision, decided_at: float) -> None:
        """One attempt, if the decision allows it and is still fresh; `decided_at` is monotonic."""
        if decision.reason == "unreadable":
            log.error("a record cannot be read", network=claimed.due.network, event_id=claimed.due.event_id)
            await self.outbox.release([claimed], WAIT_FOR_MENDING)
        elif not decision.allowed:
            await self.outbox.withhold(claimed)
        elif self.clock.monotonic() - decided_at > DECISION_SERVES_SECONDS:
            await self.outbox.release([claimed], timedelta(0))
        elif decision.subject is None and claimed.due.level != "empty":
            log.error("a decision lacks the subject", network=claimed.due.network)
            await self.outbox.release([claimed], WAIT_FOR_ANSWER)
        else:
            await self._attempt(claimed, decision)

    async def _attempt(self, claimed: Claimed, decision: Decision) -> None:
        started = self.clock.now()
        outcome = await self._send(claimed, decision, started)
        attempt = Attempt(decision.decision_id, started, self.clock.now() - started, outcome)
        following = after_attempt(outcome, claimed.attempts + 1, self.delays, self.clock.jitter())
        await self.outbox.record(claimed, attempt, following)
        _tell(claimed, attempt)

    async def _send(self, claimed: Claimed, decision: Decision, started: datetime) -> Outcome:
        due = claimed.due
        body = body_of(due, decision, self.public_url)
        message_id = webhook_id(due.subscription_id, due.event_id)
        try:
            signed = headers(claimed.secret or "", message_id, int(started.timestamp()), body)
        except UnusableSecret:
            return Unanswered("unusable_secret")
        return await self.endpoint.post(claimed.url, signed, body)


def _tell(claimed: Claimed, attempt: Attempt) -> None:
    """One line per attempt, by ids only."""
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
