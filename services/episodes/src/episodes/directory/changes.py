"""The history of entries: who changed which fields, when, and what they said before.

What a client's identity was is kept apart, in rows that go with the client's entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from care_platform.described_model import DescribedModel
from episodes.directory.asking import Asking

Resource = Literal["clients", "clinics", "staff", "partners"]
Change = Literal["created", "changed", "deleted"]
Action = Literal[Change, "registered"]
How = Literal["migrated", "created", "added", "opened", "transferred", "identified"]

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_LAST = """SELECT coalesce(max(version), 0) AS version FROM directory_changes
WHERE network_id = %s AND resource = %s AND entry_id = %s"""
_KEEP = """INSERT INTO directory_changes (network_id, resource, entry_id, version, actor_id, actor_role,
correlation_id, action, fields, former, reason) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_KEEP_IDENTITY = """INSERT INTO former_identities (network_id, client_id, version, former)
VALUES (%s, %s, %s, %s)"""
_CHANGES = """SELECT changed_at AS at, actor_id AS actor, actor_role AS role, correlation_id, action,
c.version, reason, fields, coalesce(f.former, c.former) AS former
FROM directory_changes AS c LEFT JOIN former_identities AS f ON c.resource = 'clients'
    AND (f.network_id, client_id, f.version) = (c.network_id, entry_id, c.version)
WHERE c.network_id = %s AND resource = %s AND entry_id = %s ORDER BY c.version"""


class EntryChange(DescribedModel):
    """One change of an entry."""

    at: datetime
    """When it was changed."""
    action: Action
    """What was done: `registered` says that a client was registered at a clinic."""
    actor: UUID | None = None
    """Who did it; absent of what a migration did."""
    role: str | None = None
    """In which role."""
    correlation_id: UUID | None = None
    """The chain of calls in which it was done."""
    version: int | None = None
    """The version of the entry since then, as its `ETag` says."""
    reason: str | None = None
    """Why it was changed, in words, where that was told."""
    fields: list[str] | None = None
    """The fields that changed."""
    former: dict[str, Any] | None = None
    """What these fields said before, but for those that said nothing; absent once a client's identity is
    deleted."""
    clinic: UUID | None = None
    """The clinic at which the client was registered."""
    how: How | None = None
    """Why the client was registered there: its entry was created there, a registration was added, a service
    opened an episode there, an episode was transferred there, somebody there gave an identifier and the birth
    date of the client, or there had been episodes before registrations were kept."""


class EntryHistory(DescribedModel):
    """Every change of an entry, oldest first."""

    changes: list[EntryChange]
    """The changes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which entry it is about."""

    network: str
    resource: Resource
    id: UUID


async def alone(connection: AsyncConnection[Any], place: Place) -> None:
    """Wait until nobody else is changing this entry; then nobody is until the transaction ends."""
    await connection.execute(_LOCK, (f"{place.resource}/{place.network}/{place.id}",))


async def last_version(connection: AsyncConnection[Any], place: Place) -> int:
    """The version of the last change, which an entry that was deleted has had too; 0 if there was none."""
    cursor = await connection.execute(_LAST, (place.network, place.resource, place.id))
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def keep(
    connection: AsyncConnection[Any],
    asking: Asking,
    place: Place,
    version: int,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    reason: str | None = None,
) -> Change:
    """Keep what changed from one state of an entry to the other, in the transaction that changes it."""
    fields = _different(before or {}, after or {})
    action: Change = "created" if before is None else "deleted" if after is None else "changed"
    former = None
    if before is not None and after is not None:
        former = {name: before[name] for name in fields if before.get(name) is not None}
    of_client = place.resource == "clients"
    actor = asking.caller.actor
    said = (actor.id, actor.role, asking.correlation, action, fields)
    kept = None if former is None or of_client else Jsonb(former)
    await connection.execute(_KEEP, (place.network, place.resource, place.id, version, *said, kept, reason))
    if of_client and former:
        await connection.execute(_KEEP_IDENTITY, (place.network, place.id, version, Jsonb(former)))
    return action


async def changes(connection: AsyncConnection[Any], place: Place) -> Sequence[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_CHANGES, (place.network, place.resource, place.id))
    return await cursor.fetchall()


def _different(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of the fields that do not say the same; null says the same as nothing."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
