"""What the roles of a database may do: the table that a service keeps of it, and what a role lacks of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

_PRIVILEGE = re.compile(r"([A-Z]+)(?: \(([a-z_, ]+)\))?")


class Permission(NamedTuple):
    """One privilege of one role on one object, as the catalog has it."""

    role: str
    """Its name, or `PUBLIC`: every role of the server."""
    kind: str
    name: str
    """As PostgreSQL prints it; empty for the database itself, whose name is its own affair."""
    privilege: str
    column: str = ""
    """If it is for one column alone."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role may do with one object, and why it must."""

    role: str
    on: str
    """As GRANT says it: `TABLE staff`, `SEQUENCE …`, `FUNCTION f(text,uuid)`, `SCHEMA public`, `DATABASE`."""
    privileges: str
    """With commas, and with columns if it is for those alone: `SELECT, UPDATE (state, claim)`."""
    reason: str

    def permissions(self) -> Iterator[Permission]:
        kind, _, name = self.on.partition(" ")
        for privilege, columns in _PRIVILEGE.findall(self.privileges):
            for column in columns.split(", "):
                yield Permission(self.role, kind, name, privilege, column)


def permitted(grants: Iterable[Grant]) -> set[Permission]:
    """Every single permission that the table gives."""
    return {one for grant in grants for one in grant.permissions()}


def of_role(grants: Iterable[Grant], role: str) -> tuple[Grant, ...]:
    """The lines of the table for one role."""
    return tuple(grant for grant in grants if grant.role == role)


def for_each(roles: Iterable[str], on: str, privileges: str, reason: str) -> tuple[Grant, ...]:
    """The same line for several roles."""
    return tuple(Grant(role, on, privileges, reason) for role in roles)


LACKING = """SELECT
    concat_ws(' ', privilege, '(' || nullif(attribute, '') || ')', 'ON', kind, nullif(name, '')) AS lacks
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS needed(kind, name, privilege, attribute)
WHERE CASE kind
    WHEN 'DATABASE' THEN has_database_privilege(current_database(), privilege)
    WHEN 'SCHEMA' THEN has_schema_privilege(to_regnamespace(name)::oid, privilege)
    WHEN 'TABLE' THEN CASE WHEN attribute = '' THEN has_table_privilege(to_regclass(name)::oid, privilege)
        ELSE has_column_privilege(to_regclass(name)::oid,
            (SELECT attnum FROM pg_attribute WHERE attrelid = to_regclass(name) AND attname = attribute),
            privilege) END
    WHEN 'SEQUENCE' THEN has_sequence_privilege(to_regclass(name)::oid, privilege)
    WHEN 'FUNCTION' THEN has_function_privilege(to_regprocedure(name)::oid, privilege)
END IS NOT TRUE"""
"""What the role of this connection may not do of what it needs; also where the object is not there."""


def lacking(lacks: Iterable[str]) -> str:
    """The same as a sentence for the operator."""
    return f"the database role lacks {', '.join(lacks)}: run migrate, or connect as this process's own role"


def needed(grants: Iterable[Grant]) -> tuple[list[str], list[str], list[str], list[str]]:
    """The parameters of `LACKING`."""
    ones = sorted(permitted(grants))
    return (
        [one.kind for one in ones],
        [one.name for one in ones],
        [one.privilege for one in ones],
        [one.column for one in ones],
    )
