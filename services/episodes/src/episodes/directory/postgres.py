"""The directory of clinics, staff and partners: rows beside the event log, with versions and a history."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from care_platform.clock_drift import ASK, ClockDrift
from care_platform.postgres.compatibility import StoreRevision
from care_platform.postgres.grants import LACKING, Grant, needed
from care_platform.postgres.server import SERVER
from episodes.directory import changes
from episodes.directory.asking import Asking
from episodes.directory.changes import Place
from episodes.directory.models import Clinic, Partner, Staff
from episodes.directory.rules import check_shared_with
from episodes.directory.tables import CLINICS, PARTNERS, STAFF, Table, state_of, there
from episodes.domain.refusals import Unknown
from episodes.errors import Moved, NotThere
from episodes.event_log.reader import Database
from episodes.http.entity_tags import Expected, refuse_unexpected

Row = dict[str, Any]

_HOLD = "SELECT FROM partners WHERE network_id = %s AND partner_id = %s FOR UPDATE"
_SHARED_WITH = "SELECT count(*) FROM client_subjects WHERE network_id = %s AND partner_id = %s"


class Directory:
    """Every call is for the network of whoever asks. What is put is the version that its call returns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._revision = StoreRevision()

    async def put_clinic(self, asking: Asking, clinic: UUID, entry: Clinic, expected: Expected | None) -> int:
        return await self._put(asking, CLINICS, clinic, entry.model_dump(mode="json"), expected)

    async def put_partner(
        self, asking: Asking, partner: UUID, entry: Partner, expected: Expected | None
    ) -> int:
        after = entry.model_dump(mode="json", exclude={"reason"})
        return await self._put(asking, PARTNERS, partner, after, expected, entry.reason)

    async def put_staff(self, asking: Asking, person: UUID, entry: Staff, expected: Expected | None) -> int:
        """Where no clinics are given, a new entry has those of the caller, and another keeps its own."""
        given = entry.model_dump(mode="json")
        if entry.clinics is not None:
            given["clinics"] = sorted(set(given["clinics"]))
        return await self._put(asking, STAFF, person, given, expected)

    async def clinic(self, asking: Asking, clinic: UUID) -> Row:
        return await self._get(asking, CLINICS, clinic)

    async def staff(self, asking: Asking, person: UUID) -> Row:
        return await self._get(asking, STAFF, person)

    async def partner(self, asking: Asking, partner: UUID) -> Row:
        return await self._get(asking, PARTNERS, partner)

    async def history(self, asking: Asking, table: Table, identifier: UUID) -> Sequence[Row]:
        """Every change of an entry, oldest first. Raises `NotThere`."""
        async with self._database.within(asking.network) as connection:
            found = await changes.changes(connection, Place(asking.network, table.resource, identifier))
        if not found:
            await self._get(asking, table, identifier)  # as it was before its history was kept, or not at all
        return found

    async def _get(self, asking: Asking, table: Table, identifier: UUID) -> Row:
        async with (
            self._database.within(asking.network) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(table.select(), (asking.network, identifier))
            row = await cursor.fetchone()
        if row is None:
            raise NotThere
        return {"id": identifier, **row}

    async def _put(
        self,
        asking: Asking,
        table: Table,
        identifier: UUID,
        after: Row,
        expected: Expected | None,
        reason: str | None = None,
    ) -> int:
        """Replace the entry whole, unless it says the same already."""
        place = Place(asking.network, table.resource, identifier)
        async with self._database.within(asking.network) as connection:
            await changes.alone(connection, place)
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(table.select(), (asking.network, identifier))
            row = await cursor.fetchone()
            before = None if row is None else state_of(row)
            if "clinics" in after:
                after["clinics"] = await _clinics(connection, asking, before, after["clinics"])
            if row is not None and before == after:
                return int(row["version"])
            table.check(asking.caller, identifier, before, after)
            if row is not None:
                refuse_unexpected(expected, row["version"])
            elif expected is not None:
                raise Moved(None)
            if table is PARTNERS and before is not None:
                clients = await _shared_with(connection, asking.network, identifier)
                check_shared_with(asking.caller, before, after, reason, clients)
            version = 1 if row is None else row["version"] + 1
            values = (asking.network, identifier, *table.values(after), version)
            await connection.execute(table.upsert(), values)
            await changes.keep(connection, asking, place, version, before, after, reason)
            return version

    async def server(self) -> Row:
        """What the database's server tells of itself."""
        row = await self._asked(SERVER)
        assert row is not None, "an aggregate has one row"
        return row

    async def why_unfit(self, revision: str) -> str | None:
        """Why a release that needs this revision cannot work with the store."""
        async with self._database.connection() as connection:
            return await self._revision.why_unfit(connection, revision)

    async def why_not_reached(self) -> str:
        """Why the store cannot be used now, for an operator."""
        return await self._database.why_not_reached()

    async def compare(self, drift: ClockDrift) -> None:
        """Compare our clock with that of the store."""
        before = drift.now()
        row = await self._asked(ASK)
        if row is not None:
            drift.compare(before, row["now"])

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


async def _shared_with(connection: AsyncConnection[Any], network: str, partner: UUID) -> int:
    """For how many clients of the network the partner was ever shared with or referred to.

    The entry is held first, which waits for a command that shares with it: its client is counted then.
    """
    await connection.execute(_HOLD, (network, partner))
    row = await (await connection.execute(_SHARED_WITH, (network, partner))).fetchone()
    assert row is not None, "a count is one row"
    return int(row[0])


async def _clinics(
    connection: AsyncConnection[Any], asking: Asking, before: Row | None, given: list[str] | None
) -> list[str]:
    """The clinics of a member of staff as they are to be. Raises `Unknown`."""
    had: list[str] = [] if before is None else before["clinics"]
    if given is None:
        if before is not None:
            return had
        return sorted(map(str, await there(connection, asking.network, asking.caller.clinics or ())))
    new = set(map(UUID, given)) - set(map(UUID, had))
    if len(await there(connection, asking.network, new)) < len(new):
        raise Unknown("unknown-clinic", "/clinics")
    return given
