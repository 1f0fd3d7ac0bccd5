"""Reading clients' data keys: one key for each client of a network."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from psycopg import AsyncConnection

from episodes.event_log.codec import DataKey
from episodes.event_log.stored_form import Damaged

Scoped = tuple[str, UUID]
"""An id within a network."""

Unwrap = Callable[[str, UUID, UUID, bytes | None], DataKey]
"""Returns the data key for a network, client, key id and wrapped key."""

KEYS = """SELECT network_id, client_id, key_id, wrapped FROM unnest(%s::text[], %s::uuid[]) AS w(n, c)
CROSS JOIN LATERAL (SELECT * FROM client_keys WHERE network_id = n AND client_id = c OFFSET 0) AS key"""


async def keys_of(
    connection: AsyncConnection[Any], unwrap: Unwrap, clients: Collection[Scoped]
) -> dict[UUID, DataKey]:
    """The clients' current data keys, by key id, as `unwrapped` has them."""
    if not clients:
        return {}
    networks, identifiers = zip(*clients, strict=True)
    cursor = await connection.execute(KEYS, (list(networks), list(identifiers)), binary=True)
    return unwrapped(unwrap, await cursor.fetchall())


def unwrapped(unwrap: Unwrap, rows: Iterable[Sequence[Any]]) -> dict[UUID, DataKey]:
    """The data keys of these rows, by key id. That of an erased client has no cipher, and one that is damaged
    is left out, so that it holds up nobody else's.

    Raises `InvalidTag` while none of the keys has shown that the master key is the right one.
    """
    keys: dict[UUID, DataKey] = {}
    failed = []
    for row in rows:
        try:
            keys[row[2]] = unwrap(*row)
        except Damaged:
            continue
        except InvalidTag:
            failed.append(row)
    for row in failed:  # another of them may have shown it meanwhile
        with suppress(Damaged):
            unwrap(*row)
    return keys
