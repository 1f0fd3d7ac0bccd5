"""Subscriptions and their deliveries, limited to the caller's network and partner or clinics."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from care_platform.numbered_keys import KeyInUse
from notifications.access import Caller
from notifications.delivering.addresses import place_of
from notifications.delivering.challenge_rows import BETWEEN_CHALLENGES
from notifications.delivering.outbox import due_of
from notifications.delivering.webhook_bodies import Due
from notifications.postgres.connections import Connection
from notifications.subscriptions.subscription import Subscription

Row = dict[str, Any]


_SUBSCRIBING = 0x73756273


class AlreadySubscribed(Exception):
    """The partner already has a subscription for this host and path, `subscription_id`."""

    def __init__(self, subscription_id: UUID) -> None:
        super().__init__()
        self.subscription_id = subscription_id


class TooManySubscriptions(Exception):
    """The partner has as many subscriptions as it may have."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """The event owed under a number, and whether its delivery ended as withheld."""

    due: Due
    withheld: bool


_OWN = "(partner_id = %(partner)s OR (%(partner)s::uuid IS NULL AND clinics <@ %(clinics)s::uuid[]))"
"""A partner sees its own subscriptions; a coordinator sees those limited to its own clinics."""
_VISIBLE = f"""
SELECT * FROM subscriptions
WHERE network_id = %(network)s AND (state <> 'deleted' OR %(ended)s) AND {_OWN}
    AND (%(id)s::uuid IS NULL OR subscription_id = %(id)s)
    AND (%(after)s::uuid IS NULL OR (created_at, subscription_id) > (
        SELECT created_at, subscription_id FROM subscriptions
        WHERE network_id = %(network)s AND subscription_id = %(after)s AND {_OWN}))
ORDER BY created_at, subscription_id
LIMIT %(limit)s
"""  # noqa: S608 - our own words
"""Past one that was ended a list goes on; past one that is not the caller's there is nothing."""


_INSERT = """
INSERT INTO subscriptions (network_id, subscription_id, partner_id, url, event_types, clinics, level, secret,
    created_at, made_by_partner, challenge_due_at)
VALUES (%(network)s, %(id)s, %(partner)s, %(url)s, %(event_types)s, %(clinics)s, %(level)s, %(secret)s,
    %(created_at)s, %(made_by_partner)s, greatest(now(), (
        SELECT max(challenged_at) + %(between)s FROM subscriptions
        WHERE network_id = %(network)s AND partner_id = %(partner)s
            AND state = 'deleted' AND proved_at IS NULL)))
"""
"""Ending a subscription that was not proved, and making it again, brings the next challenge no sooner."""


async def sealing_key(db: Connection) -> KeyInUse:
    """The key that seals new secrets."""
    newest = "SELECT number, fingerprint FROM sealing_keys ORDER BY number DESC LIMIT 1"
    [row] = await (await db.execute(newest)).fetchall()
    return KeyInUse(row["number"], row["fingerprint"])


async def insert(db: Connection, new: Subscription, sealed: bytes, most: int) -> None:
    """Store a subscription and its encrypted secret, if the partner has fewer than `most`.

    Subscriptions of one partner are made one at a time. Raises `AlreadySubscribed`, `TooManySubscriptions`.
    """
    await db.execute(
        "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_SUBSCRIBING, f"{new.network}/{new.partner}"]
    )
    existing = await _existing(db, new)
    place = place_of(new.url)
    for row in existing:
        if place_of(row["url"]) == place:
            raise AlreadySubscribed(row["subscription_id"])
    if len(existing) >= most:
        raise TooManySubscriptions
    row = {
        "network": new.network,
        "id": new.id,
        "partner": new.partner,
        "url": new.url,
        "event_types": None if new.event_types is None else sorted(new.event_types),
        "clinics": None if new.clinics is None else sorted(new.clinics),
        "level": new.level,
        "secret": sealed,
        "created_at": new.created_at,
        "made_by_partner": new.made_by_partner,
        "between": BETWEEN_CHALLENGES,
    }
    await db.execute(_INSERT, row)


async def _existing(db: Connection, new: Subscription) -> list[Row]:
    cursor = await db.execute(
        "SELECT subscription_id, url FROM subscriptions"
        " WHERE network_id = %s AND partner_id = %s AND state <> 'deleted'"
        " ORDER BY created_at, subscription_id",
        [new.network, new.partner],
    )
    return await cursor.fetchall()


async def visible(
    db: Connection, caller: Caller, after: UUID | None = None, limit: int | None = None
) -> list[Subscription]:
    """The subscriptions that the caller may see, oldest first: so many after this one."""
    return await _visible(db, caller, {"id": None, "ended": False, "after": after, "limit": limit})


async def one_visible(db: Connection, caller: Caller, only: UUID, ended: bool = False) -> Subscription | None:
    """This subscription, if the caller may see it; one that was ended only if `ended` says so."""
    found = await _visible(db, caller, {"id": only, "ended": ended, "after": None, "limit": 1})
    return found[0] if found else None


async def _visible(db: Connection, caller: Caller, bounds: Row) -> list[Subscription]:
    whose = {"network": caller.network, "partner": caller.partner, "clinics": list(caller.clinics)}
    return [_subscription(row) for row in await (await db.execute(_VISIBLE, whose | bounds)).fetchall()]


async def end(db: Connection, subscription: Subscription) -> None:
    """End a subscription. Pending deliveries are cancelled; the delivery log stays."""
    key = [subscription.network, subscription.id]
    async with db.transaction():
        await db.execute(
            "UPDATE subscriptions SET state = 'deleted' WHERE network_id = %s AND subscription_id = %s", key
        )
        await db.execute(
            "UPDATE deliveries SET state = 'cancelled', claim = NULL, lease_until = NULL"
            " WHERE network_id = %s AND subscription_id = %s AND state = 'pending'",
            key,
        )


async def replace_secret(db: Connection, of: Subscription, sealed: bytes) -> None:
    """Sign with another secret from now on. The value of a challenge depends on it, so that is sent anew."""
    await db.execute(
        "UPDATE subscriptions SET secret = %(secret)s,"
        " challenge = CASE WHEN proved_at IS NULL THEN NULL ELSE challenge END,"
        " challenge_expires_at = CASE WHEN proved_at IS NULL THEN NULL ELSE challenge_expires_at END,"
        " challenge_attempts = CASE WHEN proved_at IS NULL THEN 0 ELSE challenge_attempts END,"
        " challenge_due_at = CASE WHEN proved_at IS NULL"
        " THEN greatest(now(), challenged_at + %(between)s) ELSE challenge_due_at END"
        " WHERE network_id = %(network)s AND subscription_id = %(id)s",
        {"secret": sealed, "between": BETWEEN_CHALLENGES, "network": of.network, "id": of.id},
    )


async def delivery_log(db: Connection, of: Subscription, after: int, limit: int) -> list[Row]:
    """Deliveries by number, each with its attempts in order."""
    cursor = await db.execute(
        "SELECT d.*, coalesce((SELECT jsonb_agg(jsonb_build_object('at', a.started_at, 'status', a.status,"
        " 'error', a.error, 'duration_ms', a.duration_ms) ORDER BY a.attempt) FROM attempts a"
        " WHERE a.network_id = d.network_id AND a.subscription_id = d.subscription_id"
        " AND a.number = d.number), '[]') AS tries"
        " FROM deliveries d WHERE d.network_id = %s AND d.subscription_id = %s AND d.number > %s"
        " ORDER BY d.number LIMIT %s",
        [of.network, of.id, after, limit],
    )
    return await cursor.fetchall()


async def owed(db: Connection, of: Subscription, after: int, limit: int) -> list[Numbered]:
    """The events owed under the numbers after this one."""
    cursor = await db.execute(
        "SELECT d.*, %s::uuid AS partner_id, %s AS level FROM deliveries d"
        " WHERE network_id = %s AND subscription_id = %s AND number > %s ORDER BY number LIMIT %s",
        [of.partner, of.level, of.network, of.id, after, limit],
    )
    return [Numbered(due_of(row), row["state"] == "withheld") for row in await cursor.fetchall()]


def _subscription(row: Row) -> Subscription:
    return Subscription(
        network=row["network_id"],
        id=row["subscription_id"],
        partner=row["partner_id"],
        url=row["url"],
        level=row["level"],
        created_at=row["created_at"],
        event_types=None if row["event_types"] is None else frozenset(row["event_types"]),
        clinics=None if row["clinics"] is None else frozenset(row["clinics"]),
        state=row["state"],
        last_number=row["last_number"],
        unusable_since=row["unusable_since"],
        made_by_partner=row["made_by_partner"],
        proved_at=row["proved_at"],
        challenge_expires_at=row["challenge_expires_at"],
    )
