"""The tables of clinics, staff and partners, and the statements that read and write an entry."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from episodes.access import Caller
from episodes.directory import rules
from episodes.directory.changes import Resource

Check = Callable[[Caller, UUID, rules.State | None, rules.State], None]

_THERE = "SELECT clinic_id FROM clinics WHERE network_id = %s AND clinic_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of entries: its key, its columns (the fields of an entry), and who may change what of one."""

    resource: Resource
    key: str
    columns: tuple[str, ...]
    check: Check

    def select(self) -> str:
        columns = ", ".join((*self.columns, "version"))
        return f"SELECT {columns} FROM {self.resource} WHERE network_id = %s AND {self.key} = %s"  # noqa: S608 - our own words

    def upsert(self) -> str:
        columns = (*self.columns, "version")
        values = ", ".join("%s" for _ in ("network_id", self.key, *columns))
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns)
        return (
            f"INSERT INTO {self.resource} (network_id, {self.key}, {', '.join(columns)}) VALUES ({values})"  # noqa: S608 - our own words
            f" ON CONFLICT (network_id, {self.key}) DO UPDATE SET {changed}"
        )

    def values(self, state: rules.State) -> list[Any]:
        """The state of an entry as its columns take it."""
        return [_stored(name, state.get(name)) for name in self.columns]


CLINICS = Table("clinics", "clinic_id", ("zone", "jurisdiction"), rules.check_clinic)
STAFF = Table("staff", "staff_id", ("role", "name", "licences", "clinics"), rules.check_staff)
PARTNERS = Table("partners", "partner_id", ("kind", "organisation"), rules.check_partner)


def state_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the state of an entry: its fields in JSON's terms."""
    return {name: _shown(value) for name, value in row.items() if name != "version"}


async def there(connection: AsyncConnection[Any], network: str, clinics: Collection[UUID]) -> frozenset[UUID]:
    """Those of these clinics that the directory has."""
    cursor = await connection.execute(_THERE, (network, list(clinics)))
    return frozenset([row[0] for row in await cursor.fetchall()])


def _stored(name: str, value: Any) -> Any:
    match name:
        case "licences":
            return Jsonb(value)
        case "clinics":
            return list(map(UUID, value))
        case _:
            return value


def _shown(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) and _are_ids(value) else value


def _are_ids(values: list[Any]) -> bool:
    return all(isinstance(one, UUID) for one in values)
