"""Proves an address by the value that was sent there, and has a new value sent."""

from datetime import datetime
from typing import Any

from notifications.delivering.challenge_rows import BETWEEN_CHALLENGES, prove
from notifications.delivering.challenger import same
from notifications.delivering.secret_sealing import Sealing
from notifications.delivering.signing import challenge_value
from notifications.postgres.connections import Connection
from notifications.subscriptions.subscription import NotProved, Subscription

MOST_WRONG = 10
"""So many wrong values end a challenge. The value cannot be guessed; this bounds the trying."""

Row = dict[str, Any]
_LOCKED = """
SELECT * FROM subscriptions
WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND state <> 'deleted'
FOR UPDATE
"""
_COUNT_WRONG = """
UPDATE subscriptions SET wrong_confirmations = wrong_confirmations + 1,
    challenge_expires_at = CASE WHEN wrong_confirmations + 1 >= %(most)s THEN now()
        ELSE challenge_expires_at END
WHERE network_id = %(network)s AND subscription_id = %(subscription)s
    AND proved_at IS NULL AND challenge_expires_at > now()
"""
_ANEW = """
UPDATE subscriptions SET challenge = NULL, challenge_expires_at = NULL, challenge_attempts = 0,
    challenge_due_at = now(), wrong_confirmations = 0
WHERE network_id = %(network)s AND subscription_id = %(subscription)s
"""


async def confirm(
    db: Connection, of: Subscription, said: str, sealing: Sealing, now: datetime
) -> NotProved | None:
    """Prove the address with the value said. Returns a refusal, for its transaction must commit: it counts.

    Doing it again with the same value changes nothing.
    """
    row = await _locked(db, of)
    refusal = _refusal(row, of, said, sealing, now)
    if refusal is None:
        await prove(db, _key(of))
    else:
        await db.execute(_COUNT_WRONG, _key(of) | {"most": MOST_WRONG})
    return refusal


async def challenge_anew(db: Connection, of: Subscription, now: datetime) -> None:
    """Have another value sent; the earlier one is void. A proved address stays proved. Raises `NotProved`."""
    row = await _locked(db, of)
    if row is None or row["proved_at"] is not None or row["challenge"] is None:
        return
    if row["state"] == "disabled":
        raise NotProved("address-gone")
    if now - row["challenged_at"] < BETWEEN_CHALLENGES:
        raise NotProved("challenged-recently")
    await db.execute(_ANEW, _key(of))


def _refusal(
    row: Row | None, of: Subscription, said: str, sealing: Sealing, now: datetime
) -> NotProved | None:
    """Without a challenge no value is right."""
    if row is None or row["challenge"] is None:
        return NotProved("challenge-differs", "/challenge")
    if row["proved_at"] is None and row["challenge_expires_at"] <= now:
        return NotProved("challenge-expired", "/challenge")
    secret = sealing.open(row["secret"], of.network, of.id)
    if secret is None or not same(said, challenge_value(secret, row["challenge"])):
        return NotProved("challenge-differs", "/challenge")
    return None


async def _locked(db: Connection, of: Subscription) -> Row | None:
    return await (await db.execute(_LOCKED, _key(of))).fetchone()


def _key(of: Subscription) -> Row:
    return {"network": of.network, "subscription": of.id}
