"""What an error of psycopg's says of the store: that it cannot be used now, or that a connection was lost."""

from typing import Any

import psycopg
from psycopg import errors

UNUSABLE: tuple[type[psycopg.Error], ...] = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
    errors.TransactionTimeout,
    errors.SnapshotTooOld,
    errors.FeatureNotSupported,  # a migration changed what a prepared statement returns: it is prepared anew
    errors.InsufficientPrivilege,
    errors.InvalidSchemaName,
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
)
"""Not a defect of ours: the store is away, takes no writes, or does not hold what this release needs."""


def ended(connection: psycopg.Connection[Any], error: psycopg.Error) -> bool:
    """Whether the connection is lost, though it may not be seen to be closed yet: the server said that it was
    told to or was idle (57P), was too long in a transaction (25P), or lost it (08).
    """
    return connection.broken or (error.sqlstate or "").startswith(("57P", "25P03", "25P04", "08"))
