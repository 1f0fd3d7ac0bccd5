"""At which clinics a client is registered. A registration is made once, says by whom and why, and stays."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from episodes.directory.asking import Asking
from episodes.directory.changes import How

_CLINICS = "SELECT clinic_id FROM client_registrations WHERE network_id = %s AND client_id = %s"
_TOLD = """SELECT registered_at AS at, 'registered' AS action, how, clinic_id AS clinic, actor_id AS actor,
actor_role AS role FROM client_registrations WHERE network_id = %s AND client_id = %s"""
_ADD = """INSERT INTO client_registrations (network_id, client_id, clinic_id, how, actor_id, actor_role)
SELECT %s, %s, clinic, %s, %s, %s FROM unnest(%s::uuid[]) AS clinic ORDER BY clinic ON CONFLICT DO NOTHING"""


async def clinics_of(connection: AsyncConnection[Any], network: str, client: UUID | None) -> frozenset[UUID]:
    cursor = await connection.execute(_CLINICS, (network, client))
    return frozenset([row[0] for row in await cursor.fetchall()])


async def of(connection: AsyncConnection[Any], network: str, client: UUID) -> list[dict[str, Any]]:
    """The registrations as the history tells them."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_TOLD, (network, client))
    return await cursor.fetchall()


async def add(
    connection: AsyncConnection[Any], asking: Asking, client: UUID, clinics: Collection[UUID], how: How
) -> None:
    """Register the client at these clinics; where it is registered already nothing changes."""
    if clinics:
        actor = asking.caller.actor
        place = (asking.network, client)
        await connection.execute(_ADD, (*place, how, actor.id, actor.role, list(clinics)))
