"""The epochs of a store: each has positions of its own, so that none is given twice after a restore."""

from care_platform.postgres.connecting import connect

BITS = 40
"""An epoch has 2^40 positions. Up to epoch 8,191 they are exact in JSON, too."""
EPOCH = "SELECT epoch FROM store_identity"

_BEGIN = "UPDATE store_identity SET epoch = epoch + 1 RETURNING epoch"
_FIRST = "SELECT setval('stored_events_notification_id_seq', %s, false)"
_IN_USE = """SELECT DISTINCT usename FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL ORDER BY usename"""


class StoreInUse(Exception):
    """Somebody is connected. The message names the database roles, and says what to do."""


def epoch_of(position: int) -> int:
    return position >> BITS


def begin_epoch(owner_url: str) -> int:
    """Begin the next epoch of a store that was restored, before anything is recorded in it.

    Raises `StoreInUse` while others are connected: what they recorded since stands where readers believe
    they have been. Raises the errors of psycopg.
    """
    with connect(owner_url, answers_within=None) as connection:
        if users := [str(name) for (name,) in connection.execute(_IN_USE)]:
            raise StoreInUse(f"connected to the database: {', '.join(users)}. Stop every process first")
        [(epoch,)] = connection.execute(_BEGIN).fetchall()
        connection.execute(_FIRST, ((epoch << BITS) + 1,))
    return int(epoch)
