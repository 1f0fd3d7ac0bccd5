"""The deliveries in PostgreSQL. Due ones are claimed by lease, in turns of partners and their endpoints."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog

from care_platform.clock_drift import ClockDrift
from care_platform.crash_points import crash_point
from care_platform.key_files import KeyUnavailable
from care_platform.postgres.faults import UNUSABLE
from notifications.delivering.courier import Attempt, Claimed
from notifications.delivering.grouped_writes import Grouped
from notifications.delivering.schedule import (
    Answered,
    Delivered,
    EndpointGone,
    Exhausted,
    Next,
    Outcome,
    Retry,
)
from notifications.delivering.secret_sealing import Sealing
from notifications.delivering.webhook_bodies import Due
from notifications.postgres.connections import Database

PER_ENDPOINT = 16
"""How many of an endpoint are leased at most: under way, asked about or just ended."""
OF_ONE_AT_ONCE, AT_ONCE = 8, 250
"""How many of an endpoint, and of all, are claimed together at most."""
LONG_DUE = timedelta(seconds=10)
SHORTEST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=10)
log = structlog.get_logger()
_CLAIMING = 0x636C6169

CLAIM = """
WITH known AS (
    SELECT d.network_id, d.subscription_id, d.number, d.due_at, s.partner_id, false AS failing, 0 AS most,
        true AS leased
    FROM deliveries d JOIN subscriptions s USING (network_id, subscription_id)
    WHERE d.network_id = ANY (%(networks)s) AND d.lease_until IS NOT NULL AND d.lease_until >= now()
    UNION ALL
    SELECT s.network_id, s.subscription_id, d.number, d.due_at, s.partner_id, s.failing, s.most, false
    FROM (
        SELECT *, consecutive_failures > 0 OR unusable_since IS NOT NULL AS failing,
            CASE WHEN consecutive_failures > 0 OR unusable_since IS NOT NULL THEN 1
                ELSE %(per_endpoint)s END AS most
        FROM subscriptions
        WHERE state = 'active' AND proved_at IS NOT NULL AND network_id = ANY (%(networks)s)
            AND (rests_until IS NULL OR rests_until <= now())) s
    CROSS JOIN LATERAL (
        SELECT number, due_at FROM deliveries
        WHERE network_id = s.network_id AND subscription_id = s.subscription_id
            AND state = 'pending' AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
        ORDER BY due_at
        FETCH FIRST (least(s.most, %(of_one)s)) ROWS WITH TIES) d),
of_endpoint AS (
    SELECT *, row_number() OVER (
        PARTITION BY network_id, subscription_id ORDER BY leased DESC, due_at, number) AS place
    FROM known),
of_partner AS (
    SELECT *, count(*) OVER (PARTITION BY network_id, partner_id) AS waiting, row_number() OVER (
        PARTITION BY network_id, partner_id ORDER BY leased DESC, failing, place, due_at) AS turn
    FROM of_endpoint WHERE leased OR place <= most),
next AS (
    SELECT network_id, subscription_id, number FROM of_partner
    WHERE NOT leased AND turn <= %(room)s
    ORDER BY failing, turn, due_at > now() - %(long)s::interval, waiting, due_at
    LIMIT %(limit)s),
picked AS (
    SELECT d.network_id, d.subscription_id, d.number, s.partner_id, s.level, s.url, s.secret
    FROM next JOIN deliveries d USING (network_id, subscription_id, number)
        JOIN subscriptions s USING (network_id, subscription_id)
    WHERE d.state NOT IN ('delivered', 'withheld', 'failed', 'cancelled')
        AND (d.lease_until IS NULL OR d.lease_until < now())
    FOR UPDATE OF d SKIP LOCKED)
UPDATE deliveries d SET claim = %(claim)s, lease_until = now() + %(lease)s
FROM picked p
WHERE (d.network_id, d.subscription_id, d.number) = (p.network_id, p.subscription_id, p.number)
RETURNING d.*, p.partner_id, p.level, p.url, p.secret
"""
"""Partners take turns, and within a partner its endpoints; what is under way has the first turns.

Who has little due goes before who has much, unless something has been due for long. A partner may have as
much under way as there is room left besides, so that whoever comes next finds room. Of an endpoint only the
first are read, by the order of the index, and those due at the same moment. What was picked is looked at
again when it is locked; asked for `pending` there, the planner would look for each among all that are.
"""

_ALONE = """SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(%s),
    clock_timestamp() AS now"""

_SETTLE = """
WITH ended AS (
    SELECT * FROM unnest(%s::text[], %s::uuid[], %s::bigint[], %s::uuid[], %s::text[], %s::interval[],
        %s::boolean[], %s::uuid[], %s::timestamptz[], %s::integer[], %s::integer[], %s::text[],
        %s::interval[])
    WITH ORDINALITY AS e (network_id, subscription_id, number, claim, state, wait,
        gone, decision_id, started_at, duration_ms, status, error, asked, place)),
mine AS (
    UPDATE deliveries d SET state = e.state, attempts = d.attempts + (e.decision_id IS NOT NULL)::int,
        due_at = now() + e.wait, claim = NULL, lease_until = NULL
    FROM ended e
    WHERE (d.network_id, d.subscription_id, d.number, d.claim)
        = (e.network_id, e.subscription_id, e.number, e.claim)
    RETURNING e.*, d.attempts),
attempted AS (
    SELECT *, count(*) FILTER (WHERE state = 'delivered') OVER newer AS successes_since
    FROM mine WHERE decision_id IS NOT NULL
    WINDOW newer AS (PARTITION BY network_id, subscription_id ORDER BY place DESC)),
told AS (
    SELECT network_id, subscription_id, bool_or(state = 'delivered') AS succeeded,
        max(started_at) FILTER (WHERE gone) AS gone_at,
        count(*) FILTER (WHERE successes_since = 0) AS failures_since,
        max(asked) FILTER (WHERE successes_since = 0) AS asked
    FROM attempted GROUP BY network_id, subscription_id),
written AS (
    INSERT INTO attempts
    SELECT network_id, subscription_id, number, attempts, decision_id, started_at, duration_ms, status, error
    FROM attempted)
SELECT t.* FROM told t JOIN subscriptions s USING (network_id, subscription_id)
WHERE consecutive_failures > 0 OR failures_since > 0 OR gone_at IS NOT NULL OR unusable_since IS NOT NULL
ORDER BY network_id, subscription_id
"""
"""Records how claims ended, in the order of `place`, and returns the changes for the endpoints' own rows:
`failures_since` counts from the last success among them, `asked` is the longest rest asked for since.
"""

_TELL_ENDPOINT = """
UPDATE subscriptions SET
    consecutive_failures = %(failures_since)s + CASE WHEN %(succeeded)s THEN 0 ELSE consecutive_failures END,
    state = CASE WHEN state = 'active' AND %(gone_at)s >= proved_at THEN 'disabled' ELSE state END,
    unusable_since = NULL, rests_until = now() + %(asked)s::interval
WHERE network_id = %(network_id)s AND subscription_id = %(subscription_id)s
"""
"""An attempt that began before the address was proved (again) says nothing of what it is now."""

_REST = """
UPDATE subscriptions SET unusable_since = coalesce(unusable_since, now()),
    rests_until = now() + least(greatest(now() - unusable_since, %(shortest)s), %(longest)s)
WHERE network_id = %(network)s AND subscription_id = %(subscription)s
    AND (rests_until IS NULL OR rests_until <= now())
"""
"""Each rest is as long as the address has been unusable, within bounds, so that the rests double."""

_Ended = tuple[Any, ...]
"""The columns of `ended` without `place`."""


class PostgresOutbox:
    """An endpoint whose last attempt failed gets one attempt at a time, so that a dead one takes little room.

    Claims that end together are written in one transaction.
    """

    def __init__(self, database: Database, sealing: Sealing, lease: timedelta, drift: ClockDrift) -> None:
        self._database = database
        self._drift = drift
        self._sealing = sealing
        self._lease = lease
        self._endings: Grouped[_Ended] = Grouped(self._settle)

    async def claim(self, networks: Sequence[str], room: int) -> Sequence[Claimed]:
        """Lease due deliveries. Processes take turns, so that the limit per endpoint holds across them.

        The commit does not wait for the disk: a lease lost in a crash of the server merely ends early. While
        endings wait to be written nothing is claimed, because their deliveries could be claimed again. Nor is
        anything while our clock is wrong, because partners refuse what is signed with its time.
        """
        if self._endings.stuck:
            return []
        parameters = {
            "networks": list(networks),
            "per_endpoint": PER_ENDPOINT,
            "of_one": OF_ONE_AT_ONCE,
            "room": room,
            "limit": min(room, AT_ONCE),
            "long": LONG_DUE,
            "claim": uuid4(),
            "lease": self._lease,
        }
        before, leased_at = self._drift.now(), time.monotonic()
        async with self._database.at_once(*networks) as db:
            alone = await db.execute(_ALONE, [_CLAIMING])
            claiming = await db.execute(CLAIM, parameters)
            for row in await alone.fetchall():
                self._drift.compare(before, row["now"])
            rows = await claiming.fetchall() if self._drift.within_bounds else []
            crash_point("deliver.before-claim")
            if not self._drift.within_bounds:
                raise psycopg.Rollback
        crash_point("deliver.after-claim")
        return [claimed for row in rows if (claimed := self._claimed(row, leased_at)) is not None]

    async def release(self, claimed: Sequence[Claimed], wait: timedelta) -> None:
        endings = [(*_key(it), "pending", wait, False, *_NO_ATTEMPT) for it in claimed]
        await asyncio.gather(*map(self._endings.add, endings))

    async def rest(self, claimed: Claimed) -> None:
        """The rest is written before the lease ends. If it cannot be, the delivery alone waits as long."""
        due = claimed.due
        bounds = {"shortest": SHORTEST_REST, "longest": LONGEST_REST}
        key = {"network": due.network, "subscription": due.subscription_id}
        try:
            async with self._database.at_once(due.network) as db:
                await db.execute("SET LOCAL lock_timeout = '1s'")
                await db.execute(_REST, key | bounds)
        except UNUSABLE as fault:
            log.warning("an endpoint does not rest", error=type(fault).__name__)
        await self.release([claimed], SHORTEST_REST)

    async def withhold(self, claimed: Claimed) -> None:
        await self._endings.add((*_key(claimed), "withheld", timedelta(0), False, *_NO_ATTEMPT))

    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None:
        await self._endings.add((*_key(claimed), *_following(following), *_attempt(attempt)))

    async def _settle(self, endings: Sequence[_Ended]) -> None:
        columns = [list(column) for column in zip(*endings, strict=True)]
        async with self._database.at_once(*set(columns[0])) as db:
            told = await (await db.execute(_SETTLE, columns)).fetchall()
            crash_point("deliver.before-record")
        crash_point("deliver.after-record")
        if told:
            await self._tell_endpoints(told)

    async def _tell_endpoints(self, told: Sequence[dict[str, Any]]) -> None:
        """Update the endpoints' rows in a separate transaction, because the intake of events may have locked
        one and the others should not wait for it.

        If this fails, the next attempt updates the row.
        """
        try:
            async with self._database.at_once(*{row["network_id"] for row in told}) as db:
                await db.execute("SET LOCAL lock_timeout = '1s'")
                for row in told:
                    await db.execute(_TELL_ENDPOINT, row)
        except UNUSABLE as fault:
            log.warning("endpoints are not told how they fared", error=type(fault).__name__, count=len(told))

    def _claimed(self, row: dict[str, Any], leased_at: float) -> Claimed | None:
        """None if the key of its secret is not here: it waits for the end of its lease, and is no attempt."""
        try:
            secret = self._sealing.open(row["secret"], row["network_id"], row["subscription_id"])
        except KeyUnavailable:
            return None
        return Claimed(due_of(row), row["claim"], row["attempts"], row["url"], secret, leased_at)


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


def _key(claimed: Claimed) -> tuple[str, UUID, int, UUID]:
    due = claimed.due
    return due.network, due.subscription_id, due.number, claimed.claim


def _following(following: Next) -> tuple[str, timedelta, bool]:
    """The new state, the wait before the next attempt, and whether the endpoint is gone."""
    match following:
        case Delivered():
            return "delivered", timedelta(0), False
        case Retry(wait):
            return "pending", wait, False
        case EndpointGone():
            return "pending", SHORTEST_REST, True
        case Exhausted():
            return "failed", timedelta(0), False


_NO_ATTEMPT = (None, None, None, None, None, None)


def _attempt(attempt: Attempt) -> tuple[Any, ...]:
    outcome, milliseconds = attempt.outcome, round(attempt.duration / timedelta(milliseconds=1))
    answer = (outcome.status, None) if isinstance(outcome, Answered) else (None, outcome.error)
    return attempt.decision_id, attempt.started_at, milliseconds, *answer, _asked_rest(outcome)


def _asked_rest(outcome: Outcome) -> timedelta | None:
    """How long an endpoint that has too much to do asks to be left alone, within bounds; others speak for one
    webhook only.
    """
    if not isinstance(outcome, Answered) or outcome.retry_after is None:
        return None
    busy = outcome.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    return min(outcome.retry_after, LONGEST_REST) if busy else None
