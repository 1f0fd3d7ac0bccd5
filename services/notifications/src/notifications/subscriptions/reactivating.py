"""A partner has webhooks sent again to an address that said it was gone."""

from typing import Any

from notifications.delivering.challenge_rows import BETWEEN_CHALLENGES
from notifications.postgres.connections import Connection
from notifications.subscriptions.subscription import NotReactivated, Subscription

_AGAIN = """
UPDATE subscriptions SET state = 'active', consecutive_failures = 0, unusable_since = NULL,
    rests_until = NULL, proved_at = NULL, challenge = NULL, challenge_expires_at = NULL,
    challenge_attempts = 0, wrong_confirmations = 0,
    challenge_due_at = greatest(now(), challenged_at + %(between)s)
WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND state = 'disabled'
RETURNING last_number
"""
_CANCEL = """
UPDATE deliveries SET state = 'cancelled', claim = NULL, lease_until = NULL
WHERE network_id = %(network)s AND subscription_id = %(subscription)s AND state = 'pending'
    AND number < %(first)s
"""


async def reactivate(db: Connection, of: Subscription, first: int | None) -> None:
    """Send what waited, from number `first` on, once the address is proved again: it may be another's now.

    What is before is cancelled. Changes nothing unless the subscription is disabled. Raises `NotReactivated`.
    """
    key: dict[str, Any] = {"network": of.network, "subscription": of.id}
    row = await (await db.execute(_AGAIN, key | {"between": BETWEEN_CHALLENGES})).fetchone()
    if row is None or first is None:
        return
    if first > row["last_number"] + 1:
        raise NotReactivated("number-not-reached", "/from_number")
    await db.execute(_CANCEL, key | {"first": first})
