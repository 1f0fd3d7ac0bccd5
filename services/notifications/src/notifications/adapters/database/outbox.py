"""The deliveries that are due: claimed by a lease, fairly between endpoints, and how each attempt went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import uuid4

from notifications.adapters.crash_points import crash_point
from notifications.adapters.database.connecting import Database
from notifications.adapters.sealing import Sealing
from notifications.application.bodies import Due
from notifications.application.deliver import Attempt, Claimed
from notifications.domain.schedule import Answered, Delivered, EndpointGone, Exhausted, Next, Outcome, Retry

PER_ENDPOINT = 4
_CLAIMING = 0x636C6169

CLAIM = """
WITH picked AS (
    SELECT d.network_id, d.subscription_id, d.number, s.partner_id, s.level, s.url, s.secret
    FROM subscriptions s CROSS JOIN LATERAL (
        SELECT network_id, subscription_id, number, due_at FROM deliveries
        WHERE network_id = s.network_id AND subscription_id = s.subscription_id
            AND state = 'pending' AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
        ORDER BY due_at, number
        LIMIT greatest(0, CASE WHEN s.consecutive_failures > 0 THEN 1 ELSE %(per_endpoint)s END - (
            SELECT count(*) FROM deliveries leased
            WHERE leased.network_id = s.network_id AND leased.subscription_id = s.subscription_id
                AND leased.lease_until >= now()))
        FOR UPDATE SKIP LOCKED) d
    WHERE s.state = 'active' AND s.network_id = ANY (%(networks)s)
    ORDER BY s.consecutive_failures > 0, d.due_at
    LIMIT %(limit)s)
UPDATE deliveries d SET claim = %(claim)s, lease_until = now() + %(lease)s
FROM picked p
WHERE (d.network_id, d.subscription_id, d.number) = (p.network_id, p.subscription_id, p.number)
RETURNING d.*, p.partner_id, p.level, p.url, p.secret
"""

_LEAVE = """
UPDATE deliveries SET state = %(state)s, due_at = now() + %(wait)s, claim = NULL, lease_until = NULL
WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND number = %(number)s
    AND claim = %(claim)s
"""

_RECORD = """
WITH mine AS (
    UPDATE deliveries SET state = %(state)s, attempts = attempts + 1, due_at = now() + %(wait)s,
        claim = NULL, lease_until = NULL
    WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND number = %(number)s
        AND claim = %(claim)s
    RETURNING attempts),
endpoint AS (
    UPDATE subscriptions SET
        consecutive_failures = CASE WHEN %(state)s = 'delivered' THEN 0 ELSE consecutive_failures + 1 END,
        state = CASE WHEN %(gone)s AND state = 'active' THEN 'disabled' ELSE state END
    WHERE network_id = %(network)s AND subscription_id = %(subscription)s
        AND (consecutive_failures > 0 OR %(state)s <> 'delivered') AND EXISTS (SELECT 1 FROM mine))
INSERT INTO attempts
SELECT %(network)s, %(subscription)s, %(number)s, attempts, %(decision)s, %(started_at)s, %(duration_ms)s,
    %(status)s, %(error)s
FROM mine
"""


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    """An endpoint that failed last gets one attempt at a time, so that a dead one takes little room."""

    database: Database
    sealing: Sealing
    lease: timedelta

    async def claim(self, networks: Sequence[str], limit: int) -> Sequence[Claimed]:
        """One process at a time, so that the bound per endpoint holds over all of them."""
        parameters = {
            "networks": list(networks),
            "per_endpoint": PER_ENDPOINT,
            "limit": limit,
            "claim": uuid4(),
            "lease": self.lease,
        }
        async with self.database.within(*networks) as db:
            await db.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIMING])
            rows = await (await db.execute(CLAIM, parameters)).fetchall()
            crash_point("deliver.before-claim")
        crash_point("deliver.after-claim")
        return [self._claimed(row) for row in rows]

    async def release(self, claimed: Claimed, wait: timedelta) -> None:
        await self._write(claimed, _LEAVE, {"state": "pending", "wait": wait})

    async def withhold(self, claimed: Claimed) -> None:
        await self._write(claimed, _LEAVE, {"state": "withheld", "wait": timedelta(0)})

    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None:
        await self._write(claimed, _RECORD, _attempt(attempt) | _following(following))

    async def _write(self, claimed: Claimed, statement: LiteralString, more: dict[str, Any]) -> None:
        async with self.database.within(claimed.due.network) as db:
            await db.execute(statement, _key(claimed) | more)
            crash_point("deliver.before-record")
        crash_point("deliver.after-record")

    def _claimed(self, row: dict[str, Any]) -> Claimed:
        secret = self.sealing.open(row["secret"], row["network_id"], row["subscription_id"])
        return Claimed(due_of(row), row["claim"], row["attempts"], row["url"], secret)


def due_of(row: dict[str, Any]) -> Due:
    """A row of `deliveries` with the partner and level of its subscription."""
    return Due(
        network=row["network_id"],
        subscription_id=row["subscription_id"],
        number=row["number"],
        partner=row["partner_id"],
        level=row["level"],
        event_id=row["event_id"],
        type=row["event_type"],
        episode=row["episode_id"],
        clinic=row["clinic_id"],
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        precision=row["precision"],
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        origin=row["origin"],
        dataref=row["dataref"],
        correlation_id=row["correlation_id"],
        owed_at=row["owed_at"],
    )


def _key(claimed: Claimed) -> dict[str, Any]:
    due = claimed.due
    return {
        "network": due.network,
        "subscription": due.subscription_id,
        "number": due.number,
        "claim": claimed.claim,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "decision": attempt.decision_id,
        "started_at": attempt.started_at,
        "duration_ms": round(attempt.duration / timedelta(milliseconds=1)),
        **_outcome(attempt.outcome),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Answered):
        return {"status": outcome.status, "error": None}
    return {"status": None, "error": outcome.error}


def _following(following: Next) -> dict[str, Any]:
    match following:
        case Delivered():
            return {"state": "delivered", "wait": timedelta(0), "gone": False}
        case Retry(wait):
            return {"state": "pending", "wait": wait, "gone": False}
        case EndpointGone():
            return {"state": "pending", "wait": timedelta(0), "gone": True}
        case Exhausted():
            return {"state": "failed", "wait": timedelta(0), "gone": False}
