"""The directory: clients (identity, erasable), clinics, staff, partners. Rows beside the event log."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from care_platform.postgres.grants import LACKING, Grant, needed
from episodes.directory.models import ClientIdentity, Clinic, Identifier, Partner, Staff
from episodes.domain.refusals import RuleBroken
from episodes.event_log.reader import Database

Row = dict[str, Any]
Parameters = tuple[str, *tuple[Any, ...]]
"""The network comes first: it is whose rows the query may see."""

_PUT_CLINIC = """INSERT INTO clinics (network_id, clinic_id, zone, jurisdiction) VALUES (%s, %s, %s, %s)
ON CONFLICT (network_id, clinic_id)
DO UPDATE SET zone = excluded.zone, jurisdiction = excluded.jurisdiction"""
_PUT_STAFF = """INSERT INTO staff (network_id, staff_id, role, name, licences) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (network_id, staff_id)
DO UPDATE SET role = excluded.role, name = excluded.name, licences = excluded.licences"""
_PUT_PARTNER = """INSERT INTO partners (network_id, partner_id, kind, organisation) VALUES (%s, %s, %s, %s)
ON CONFLICT (network_id, partner_id)
DO UPDATE SET kind = excluded.kind, organisation = excluded.organisation"""
_PUT_CLIENT = """INSERT INTO clients (network_id, client_id, identity) VALUES (%s, %s, %s)
ON CONFLICT (network_id, client_id) DO UPDATE SET identity = excluded.identity"""
_IDENTIFIERS = "SELECT system, value FROM client_identifiers WHERE network_id = %s AND client_id = %s"


class Directory:
    """Every call is for one network."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_clinic(self, network: str, clinic: UUID, entry: Clinic) -> None:
        await self._execute(_PUT_CLINIC, (network, clinic, entry.zone, entry.jurisdiction))

    async def put_staff(self, network: str, staff: UUID, entry: Staff) -> None:
        licences = Jsonb([licence.model_dump() for licence in entry.licences])
        await self._execute(_PUT_STAFF, (network, staff, entry.role, entry.name, licences))

    async def put_partner(self, network: str, partner: UUID, entry: Partner) -> None:
        await self._execute(_PUT_PARTNER, (network, partner, entry.kind, entry.organisation))

    async def put_client(self, network: str, client: UUID, entry: ClientIdentity) -> None:
        """Replaces the row whole. Refuses an identifier that is another client's."""
        identity = Jsonb(entry.model_dump(mode="json", exclude={"identifiers"}, exclude_none=True))
        try:
            async with self._database.within(network) as connection:
                await connection.execute(_PUT_CLIENT, (network, client, identity))
                await connection.execute(
                    "DELETE FROM client_identifiers WHERE network_id = %s AND client_id = %s",
                    (network, client),
                )
                for one in entry.identifiers:
                    await connection.execute(
                        "INSERT INTO client_identifiers (network_id, system, value, client_id)"
                        " VALUES (%s, %s, %s, %s)",
                        (network, one.system, one.value, client),
                    )
        except UniqueViolation:
            raise RuleBroken("identifier-of-another-client", "/identifiers") from None

    async def delete_client(self, network: str, client: UUID) -> bool:
        """Removes the identity and the identifiers. The record itself stays until it is erased."""
        deleted = "DELETE FROM clients WHERE network_id = %s AND client_id = %s RETURNING client_id"
        return await self._one(deleted, (network, client)) is not None

    async def clinic(self, network: str, clinic: UUID) -> Row | None:
        return await self._one(
            "SELECT clinic_id AS id, zone, jurisdiction FROM clinics"
            " WHERE network_id = %s AND clinic_id = %s",
            (network, clinic),
        )

    async def staff(self, network: str, staff: UUID) -> Row | None:
        return await self._one(
            "SELECT staff_id AS id, role, name, licences FROM staff WHERE network_id = %s AND staff_id = %s",
            (network, staff),
        )

    async def partner(self, network: str, partner: UUID) -> Row | None:
        return await self._one(
            "SELECT partner_id AS id, kind, organisation FROM partners"
            " WHERE network_id = %s AND partner_id = %s",
            (network, partner),
        )

    async def client(self, network: str, client: UUID) -> Row | None:
        row = await self._one(
            "SELECT identity FROM clients WHERE network_id = %s AND client_id = %s", (network, client)
        )
        if row is None:
            return None
        identifiers = await self._all(_IDENTIFIERS, (network, client))
        return {"id": client, **row["identity"], "identifiers": identifiers}

    async def client_of(self, network: str, identifier: Identifier) -> UUID | None:
        row = await self._one(
            "SELECT client_id FROM client_identifiers WHERE network_id = %s AND system = %s AND value = %s",
            (network, identifier.system, identifier.value),
        )
        return None if row is None else row["client_id"]

    async def revision(self) -> str | None:
        """The migration the database is at; none while it has no tables, or none that we may read."""
        readable = "SELECT has_table_privilege(to_regclass('alembic_version')::oid, 'SELECT') AS it"
        row = await self._asked(readable)
        if row is None or not row["it"]:
            return None
        row = await self._asked("SELECT version_num FROM alembic_version")
        return None if row is None else row["version_num"]

    async def compatible_from(self) -> str | None:
        """The oldest revision whose processes can read all that is stored."""
        row = await self._asked("SELECT compatible_from FROM compatibility")
        return None if row is None else row["compatible_from"]

    async def lacks(self, grants: Sequence[Grant]) -> Sequence[str]:
        """What our role may not do of these, as `INSERT ON TABLE staff`."""
        async with self._database.connection() as connection:
            rows = await (await connection.execute(LACKING, needed(grants))).fetchall()
        return [lacks for (lacks,) in rows]

    async def bypasses_row_security(self) -> bool:
        """Whether our role could see past the policies that keep networks apart."""
        row = await self._asked(
            "SELECT rolsuper OR rolbypassrls AS may FROM pg_roles WHERE rolname = current_user"
        )
        return row is None or row["may"]

    async def _asked(self, sql: str) -> Row | None:
        """About the database itself, which holds no network's rows."""
        async with (
            self._database.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(sql)
            return await cursor.fetchone()

    async def _execute(self, sql: str, parameters: Parameters) -> None:
        async with self._database.within(parameters[0]) as connection:
            await connection.execute(sql, parameters)

    async def _all(self, sql: str, parameters: Parameters) -> list[Row]:
        async with (
            self._database.within(parameters[0]) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(sql, parameters)
            return await cursor.fetchall()

    async def _one(self, sql: str, parameters: Parameters) -> Row | None:
        rows = await self._all(sql, parameters)
        return rows[0] if rows else None
