"""What the server tells of itself before it refuses to work or finds no rows: both services ask alike."""

from collections.abc import Mapping, Sequence
from typing import Any

SERVER = """
SELECT max(age(datfrozenxid)) AS transactions, max(mxid_age(datminmxid)) AS row_locks,
    (array_agg(datname ORDER BY age(datfrozenxid) DESC))[1] AS oldest,
    current_setting('transaction_read_only') = 'on' AS takes_no_writes,
    bool_or(datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid))
        FILTER (WHERE datname = current_database()) AS sorts_otherwise
FROM pg_database
"""
"""One row: how many transaction ids, and ids of row locks shared by several transactions, were given since
the oldest that VACUUM has left in any database of the server; the name of the one with the oldest; whether
it takes no writes; whether text is sorted by another version than when the current database was made.
"""

TAKES_NO_WRITES = (
    "the database takes no writes: it is a standby, or was told to; the address must be the primary's"
)
_RUNNING_OUT = 1_600_000_000
"""From here on VACUUM leaves everything else (`vacuum_failsafe_age`): the usual care was not enough."""
_REFUSED = 2**31 - 1 - 3_000_000
"""From here on the server gives no more ids, whatever its settings, so that no row becomes invisible."""


def why_no_writes(server: Mapping[str, Any]) -> str | None:
    """Why the server, as its row of `SERVER` tells, accepts no transaction that writes."""
    if server["takes_no_writes"]:
        return TAKES_NO_WRITES
    if server["transactions"] >= _REFUSED:
        return f"the server has no transaction ids left: VACUUM the database {server['oldest']} first"
    return None


def warnings(server: Mapping[str, Any]) -> Sequence[str]:
    """What an operator must look into, as the row of `SERVER` tells, before it does harm."""
    found = []
    if _RUNNING_OUT <= server["transactions"] < _REFUSED:
        left = _REFUSED - server["transactions"]
        found.append(
            f"the server has {left} transaction ids left: VACUUM the database {server['oldest']} first"
        )
    if server["row_locks"] >= _RUNNING_OUT:
        left = max(0, _REFUSED - server["row_locks"])
        found.append(f"the server has {left} ids of shared row locks left: VACUUM every database")
    if server["sorts_otherwise"]:
        found.append(
            "the system sorts text otherwise than when the database was made, so indexes may miss rows:"
            " REINDEX DATABASE, then ALTER DATABASE REFRESH COLLATION VERSION"
        )
    return found
