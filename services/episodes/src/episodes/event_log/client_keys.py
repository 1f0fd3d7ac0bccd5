"""Reading clients' data keys: one key for each client of a network."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from episodes.event_log.codec import DataKey

Scoped = tuple[str, UUID]
"""An id within a network."""

Unwrap = Callable[[str, UUID, UUID, bytes | None], DataKey]
"""Returns the data key for a network, client, key id and wrapped key."""

KEYS = """SELECT network_id, client_id, key_id, wrapped FROM unnest(%s::text[], %s::uuid[]) AS w(n, c)
CROSS JOIN LATERAL (SELECT * FROM client_keys WHERE network_id = n AND client_id = c OFFSET 0) AS key"""


async def keys_of(
    connection: AsyncConnection[Any], unwrap: Unwrap, clients: Collection[Scoped]
) -> dict[UUID, DataKey]:
    """The clients' current data keys, by key id. That of an erased client has no cipher."""
    if not clients:
        return {}
    networks, identifiers = zip(*clients, strict=True)
    cursor = await connection.execute(KEYS, (list(networks), list(identifiers)), binary=True)
    return {row[2]: unwrap(*row) for row in await cursor.fetchall()}
