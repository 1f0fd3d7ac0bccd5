"""The challenges in PostgreSQL, in the rows of their subscriptions. A claim is a later due time."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from care_platform.clock_drift import ClockDrift
from notifications.delivering.challenger import Challenged
from notifications.delivering.outbox import LONGEST_REST, SHORTEST_REST
from notifications.delivering.schedule import Delivered, EndpointGone, Exhausted, Next, Retry
from notifications.delivering.secret_sealing import Sealing
from notifications.postgres.connections import Connection, Database

CHALLENGE_LASTS = timedelta(days=7)
"""How long a value is accepted: longer than all attempts of the schedule take."""
BETWEEN_CHALLENGES = timedelta(minutes=1)
"""The least time from one challenge to the next that a partner asks for, so that it floods no address."""
_DRAWN_BYTES = 32

_CLAIM = """
WITH due AS (
    SELECT network_id, subscription_id FROM subscriptions
    WHERE network_id = ANY (%(networks)s) AND state = 'active' AND proved_at IS NULL
        AND challenge_due_at <= now() AND (challenge_expires_at IS NULL OR challenge_expires_at > now())
    ORDER BY challenge_due_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED)
UPDATE subscriptions s SET challenge_due_at = now() + %(lease)s
FROM due d WHERE (s.network_id, s.subscription_id) = (d.network_id, d.subscription_id)
RETURNING s.*
"""

_MAKE = """
UPDATE subscriptions SET challenge = %(drawn)s, challenged_at = now(),
    challenge_expires_at = now() + %(lasts)s
WHERE network_id = %(network_id)s AND subscription_id = %(subscription_id)s AND challenge IS NULL
RETURNING *
"""

_RECORD = """
UPDATE subscriptions SET challenge_attempts = challenge_attempts + 1,
    challenge_due_at = now() + %(wait)s::interval, unusable_since = NULL,
    state = CASE WHEN %(gone)s THEN 'disabled' ELSE state END
WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND challenge = %(drawn)s
    AND state = 'active' AND proved_at IS NULL
RETURNING made_by_partner
"""
"""Without a wait no attempt is due any more."""

_REST = """
UPDATE subscriptions SET unusable_since = coalesce(unusable_since, now()),
    challenge_due_at = now() + least(greatest(now() - unusable_since, %(shortest)s), %(longest)s)
WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND challenge = %(drawn)s
"""

_PROVE = """
UPDATE subscriptions SET proved_at = now(), challenge_due_at = NULL, rests_until = NULL
WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND proved_at IS NULL
RETURNING 1
"""

BETWEEN_WAITING = timedelta(milliseconds=50)
"""What waited for an address is due one after another, so that it does not come in a burst."""

_SPREAD = """
WITH waiting AS MATERIALIZED (
    SELECT network_id, subscription_id, number, row_number() OVER (ORDER BY number) - 1 AS place
    FROM deliveries
    WHERE network_id = %(network)s AND subscription_id = %(subscription)s
        AND state = 'pending' AND due_at <= now())
UPDATE deliveries d SET due_at = now() + w.place * %(between)s::interval
FROM waiting w
WHERE (d.network_id, d.subscription_id, d.number) = (w.network_id, w.subscription_id, w.number)
"""
"""Materialized, because knowing the subscription the planner would look for each among all that wait."""


async def prove(db: Connection, key: dict[str, Any]) -> None:
    """From now on deliveries of `network` and `subscription` can be claimed, by whoever looks each second."""
    if await (await db.execute(_PROVE, key)).fetchone() is not None:
        await db.execute(_SPREAD, key | {"between": BETWEEN_WAITING})


@dataclass(frozen=True, slots=True)
class PostgresChallenges:
    """What a value is made of is drawn here, just before it is first sent."""

    database: Database
    sealing: Sealing
    networks: Sequence[str]
    lease: timedelta
    drift: ClockDrift

    async def claim(self, limit: int) -> Sequence[Challenged]:
        """Lease due challenges; none unless our clock was found right by whoever claims deliveries."""
        if not self.drift.within_bounds:
            return ()
        parameters = {"networks": list(self.networks), "limit": limit, "lease": self.lease}
        async with self.database.within(*self.networks) as db:
            rows = await (await db.execute(_CLAIM, parameters)).fetchall()
            made = [row if row["challenge"] is not None else await self._make(db, row) for row in rows]
        return [self._challenged(row) for row in made]

    async def rest(self, one: Challenged) -> None:
        bounds = {"shortest": SHORTEST_REST, "longest": LONGEST_REST}
        async with self.database.within(one.network) as db:
            await db.execute(_REST, _key(one) | bounds)

    async def record(self, one: Challenged, following: Next) -> None:
        """The echo proves what a partner made itself. What others made for it waits for its confirmation."""
        how = {"wait": _wait(following), "gone": isinstance(following, EndpointGone)}
        async with self.database.within(one.network) as db:
            row = await (await db.execute(_RECORD, _key(one) | how)).fetchone()
            if row is not None and row["made_by_partner"] and isinstance(following, Delivered):
                await prove(db, _key(one))

    async def _make(self, db: Connection, row: dict[str, Any]) -> dict[str, Any]:
        parameters = row | {"drawn": secrets.token_bytes(_DRAWN_BYTES), "lasts": CHALLENGE_LASTS}
        made = await (await db.execute(_MAKE, parameters)).fetchone()
        assert made is not None, "the row is locked by this transaction"
        return made

    def _challenged(self, row: dict[str, Any]) -> Challenged:
        place = row["network_id"], row["subscription_id"]
        return Challenged(
            *place,
            url=row["url"],
            secret=self.sealing.open(row["secret"], *place),
            drawn=row["challenge"],
            made_at=row["challenged_at"],
            expires_at=row["challenge_expires_at"],
            attempts=row["challenge_attempts"],
        )


def _wait(following: Next) -> timedelta | None:
    match following:
        case Retry(wait):
            return wait
        case Delivered() | EndpointGone() | Exhausted():
            return None


def _key(one: Challenged) -> dict[str, Any]:
    return {"network": one.network, "subscription": one.subscription_id, "drawn": one.drawn}
