"""Which master keys are in use, as the store knows it, and where the clients' keys are that they wrap."""

from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from care_platform.numbered_keys import KeyInUse
from care_platform.postgres.compatibility import COMPATIBLE_FROM
from care_platform.postgres.key_rotation import Sealed
from episodes.event_log.keyring import bound_to

_NEWEST = "SELECT number, fingerprint FROM master_keys ORDER BY number DESC LIMIT 1"
_NUMBERED_SINCE = "0009"
"""The first revision whose processes read numbers of master keys."""

CLIENT_KEYS = Sealed(
    in_use="master_keys",
    left="SELECT count(*) FROM client_keys WHERE master < %s",
    batch="""SELECT network_id, client_id, wrapped, key_id FROM client_keys
        WHERE (network_id, client_id) > (%s, %s) AND master < %s ORDER BY network_id, client_id LIMIT %s""",
    replace="""SELECT count(*) FILTER (WHERE replace_wrapped_key(network, client, old, new))
        FROM unnest(%s::text[], %s::uuid[], %b::bytea[], %b::bytea[]) AS sealed(network, client, old, new)""",
    bound_to=bound_to,
)
"""An erased client's key is null: it is in no batch, and equal to nothing that a batch has read."""


def wrapping(connection: Connection[DictRow]) -> KeyInUse:
    """The master key that wraps new clients' keys. What is wrapped by one retired meanwhile is refused."""
    [row] = connection.execute(_NEWEST).fetchall()
    return KeyInUse(row["number"], row["fingerprint"])


def may_rotate(connection: Connection[Any]) -> str | None:
    """Why no other key may wrap yet: a process of an earlier release could not unwrap."""
    [(compatible_from,)] = connection.execute(COMPATIBLE_FROM).fetchall()
    if compatible_from >= _NUMBERED_SINCE:
        return None
    return "processes of an earlier release may still run: when none does, `episodes migrate --all-replaced`"
