"""What may be written: nothing that a process of an earlier release, which may still run, cannot read."""

from typing import Literal

from psycopg import Connection
from psycopg.rows import DictRow

_COMPATIBLE_FROM = "SELECT compatible_from FROM compatibility"
_SALTED_SINCE = "0006"
"""The first revision whose processes read format 2."""


def log_format(connection: Connection[DictRow]) -> Literal[1, 2]:
    """The format in which events are stored. Asked once for each connection: it only ever grows."""
    row = connection.execute(_COMPATIBLE_FROM).fetchone()
    return 2 if row is not None and row["compatible_from"] >= _SALTED_SINCE else 1
