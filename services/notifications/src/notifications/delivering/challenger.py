"""Sends each new address a value, to learn whether who has the address also wants webhooks there."""

import asyncio
import hmac
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol
from uuid import UUID

import psycopg
import structlog
from pydantic import ValidationError

from contracts.webhook import Challenge, ChallengeData, Echo
from notifications.delivering.courier import Clock
from notifications.delivering.schedule import (
    Answered,
    Delivered,
    Exhausted,
    Next,
    Outcome,
    Unanswered,
    Unusable,
    after_attempt,
)
from notifications.delivering.signing import UnusableSecret, challenge_value, headers, webhook_id
from notifications.delivering.webhooks import Reply

AT_ONCE = 128
POLL_SECONDS = 1.0
DRAIN_SECONDS = 2.5
MAX_ECHO = 4096
"""The longest answer that is read as an echo, in bytes."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Challenged:
    """An address whose challenge is leased to this process. `attempts` is how many were made before."""

    network: str
    subscription_id: UUID
    url: str
    secret: str | None = field(repr=False)
    drawn: bytes = field(repr=False)
    made_at: datetime
    expires_at: datetime
    attempts: int

    @property
    def value(self) -> str | None:
        """The value to send. None without a secret that can be used."""
        try:
            return None if self.secret is None else challenge_value(self.secret, self.drawn)
        except UnusableSecret:
            return None


class Challenges(Protocol):
    """The challenges that are due. What is recorded of one that was replaced meanwhile has no effect."""

    async def claim(self, limit: int) -> Sequence[Challenged]: ...
    async def rest(self, one: Challenged) -> None:
        """The address cannot be used now: wait, without counting an attempt."""
        ...

    async def record(self, one: Challenged, following: Next) -> None:
        """`Delivered`: the value came back."""
        ...


class Asked(Protocol):
    async def ask(self, url: str, headers: dict[str, str], body: bytes) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Challenger:
    """Sends challenges by the schedule of deliveries, each as its own task."""

    challenges: Challenges
    endpoint: Asked
    clock: Clock
    public_url: str
    delays: Sequence[timedelta]

    async def run(self, stop: asyncio.Event) -> None:
        """Look once a second until told to stop. Attempts under way get up to `DRAIN_SECONDS` to end."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                for one in await self._due(AT_ONCE - len(tasks)):
                    task = asyncio.create_task(self._survive(one))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_SECONDS)
        finally:
            if tasks:
                await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            for task in tasks:
                task.cancel()

    async def attempt(self, one: Challenged) -> None:
        """Send the value once, and record whether it came back."""
        reply = await self._send(one, self.clock.now())
        if isinstance(reply.outcome, Unusable):
            await self.challenges.rest(one)
            return
        outcome = _judged(reply.outcome, reply.body, one.value)
        following = after_attempt(outcome, one.attempts + 1, self.delays, self.clock.jitter())
        await self.challenges.record(one, following)
        log.info(
            "challenge",
            network=one.network,
            subscription=one.subscription_id,
            attempt=one.attempts + 1,
            status=outcome.status if isinstance(outcome, Answered) else None,
            error=outcome.error if isinstance(outcome, Unanswered) else None,
            last=isinstance(following, Exhausted),
        )

    async def _due(self, room: int) -> Sequence[Challenged]:
        try:
            return await self.challenges.claim(room) if room > 0 else ()
        except psycopg.Error as fault:
            log.warning("no challenge can be claimed", error=type(fault).__name__)
            return ()

    async def _survive(self, one: Challenged) -> None:
        """An attempt whose outcome could not be recorded is repeated after its lease, with the same id."""
        try:
            await self.attempt(one)
        except Exception as fault:
            log.error("a challenge is left to its lease", error=type(fault).__name__)

    async def _send(self, one: Challenged, now: datetime) -> Reply:
        if one.secret is None or one.value is None:
            return Reply(Unanswered("unusable_secret"))
        body = body_of(one, one.value, self.public_url)
        signed = headers(one.secret, message_id(one), int(now.timestamp()), body)
        return await self.endpoint.ask(one.url, {"accept-encoding": "identity", **signed}, body)


def body_of(one: Challenged, value: str, public_url: str) -> bytes:
    """The bytes to sign and send."""
    data = ChallengeData(
        subscription_id=one.subscription_id,
        challenge=value,
        confirmation=f"{public_url}/v1/subscriptions/{one.subscription_id}/confirmation",
        expires_at=one.expires_at,
    )
    return Challenge(type="care.challenge.v1", timestamp=one.made_at, data=data).model_dump_json().encode()


def message_id(one: Challenged) -> str:
    """The same for every attempt of one challenge. It tells nothing of the value."""
    return webhook_id(one.subscription_id, UUID(bytes=sha256(one.drawn).digest()[:16]))


def echoes(body: bytes, value: str) -> bool:
    """Whether an answer is the echo of this value. A body sent back as it came is none: it is no consent."""
    if len(body) > MAX_ECHO:
        return False
    try:
        said = Echo.model_validate_json(body).challenge
    except ValidationError:
        return False
    return same(said, value)


def same(said: str, value: str) -> bool:
    """Compares in a time that does not depend on where the two differ."""
    return hmac.compare_digest(said.encode("utf-8", "surrogatepass"), value.encode())


def _judged(outcome: Outcome, body: bytes, value: str | None) -> Outcome:
    """A success without the echo is a failed attempt. No other answer depends on its body."""
    succeeded = isinstance(after_attempt(outcome, 1, (), 0.0), Delivered)
    if succeeded and not (value is not None and echoes(body, value)):
        return Unanswered("not_echoed")
    return outcome
