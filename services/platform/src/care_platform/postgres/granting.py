"""Makes the catalog of a database equal to the table of grants, as the owner of its objects.

What roles that the table does not name may do, a backup's or a person's, is left as it is.
"""

from collections.abc import Collection, Iterable

from psycopg import Connection, sql

from care_platform.postgres.grants import Grant, Permission, permitted

PUBLIC = "PUBLIC"

_HELD = """
WITH ours AS (
    SELECT oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
), objects(kind, name, acl) AS (
    SELECT 'DATABASE', '', coalesce(datacl, acldefault('d', datdba))
    FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'SCHEMA', nspname, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_namespace WHERE nspname = 'public'
    UNION ALL SELECT 'TABLE', c.oid::regclass::text, coalesce(relacl, acldefault('r', relowner))
    FROM pg_class c JOIN ours ON relnamespace = ours.oid
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relowner = current_user::regrole
    UNION ALL SELECT 'SEQUENCE', c.oid::regclass::text, coalesce(relacl, acldefault('s', relowner))
    FROM pg_class c JOIN ours ON relnamespace = ours.oid
    WHERE relkind = 'S' AND relowner = current_user::regrole
    UNION ALL SELECT 'FUNCTION', p.oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc p JOIN ours ON pronamespace = ours.oid
    WHERE prokind = 'f' AND proowner = current_user::regrole
    UNION ALL SELECT 'TYPE', t.oid::regtype::text, coalesce(typacl, acldefault('T', typowner))
    FROM pg_type t JOIN ours ON typnamespace = ours.oid LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typtype IN ('c', 'd', 'e') AND coalesce(relkind, 'c') = 'c' AND typowner = current_user::regrole
), columns(kind, name, acl, attname) AS (
    SELECT 'TABLE', c.oid::regclass::text, attacl, attname
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN ours ON relnamespace = ours.oid
    WHERE attacl IS NOT NULL AND NOT attisdropped AND relowner = current_user::regrole
), permissions(grantee, kind, name, privilege, attribute) AS (
    SELECT grantee, kind, name, privilege_type, '' FROM objects, aclexplode(acl)
    UNION SELECT grantee, kind, name, privilege_type, attname FROM columns, aclexplode(acl)
)
SELECT coalesce(rolname, 'PUBLIC'), kind, name, privilege, attribute
FROM permissions LEFT JOIN pg_roles ON pg_roles.oid = grantee
"""


class RolesMissing(Exception):
    """Roles of the table that the server does not have."""


class StillInUse(Exception):
    """A role that is to lose its rights is connected."""


class NotOurs(Exception):
    """What the owner cannot change, because somebody else granted it."""


def refuse_missing(connection: Connection, grants: Iterable[Grant]) -> None:
    """Raises `RolesMissing`: whoever owns a database can, as a rule, make no roles."""
    wanted = {grant.role for grant in grants}
    found = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(wanted),))
    if missing := wanted - {name for (name,) in found}:
        raise RolesMissing(f"the server has no role {', '.join(sorted(missing))}: see docs/database-roles.md")


def settle(
    connection: Connection, grants: Collection[Grant], earlier: str, of_earlier: Iterable[Permission] = ()
) -> None:
    """Make what the roles of the table, and PUBLIC, may do equal to the table, in one transaction.

    The role of earlier releases may still connect afterwards, unless it is retired. Raises `NotOurs` if
    something remains different.
    """
    with connection.transaction():
        if _tables(held(connection, {earlier})):
            for one in (Permission(earlier, "DATABASE", "", "CONNECT"), *of_earlier):
                _execute(connection, "GRANT", one._replace(role=earlier))
        _make_equal(connection, {grant.role for grant in grants} | {PUBLIC}, permitted(grants))


def retire(connection: Connection, role: str) -> None:
    """Take every right in this database from the role that all processes of earlier releases shared.

    Raises `StillInUse` while one is connected, and `NotOurs` if something remains.
    """
    [(sessions,)] = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s", (role,)
    ).fetchall()
    if sessions:
        raise StillInUse(f"{role} has {sessions} connections: end the processes that use it first")
    with connection.transaction():
        _make_equal(connection, {role}, set())


def held(connection: Connection, roles: Collection[str]) -> set[Permission]:
    """What the roles may do with the owner's objects, as the catalog says. Not what they inherit."""
    connection.execute("SET LOCAL search_path = public")  # names are printed as the table writes them
    rows = connection.execute(_HELD.encode()).fetchall()
    return {Permission(*row) for row in rows if row[0] in roles}


def _make_equal(connection: Connection, roles: Collection[str], wanted: set[Permission]) -> None:
    for one in sorted(held(connection, roles) - wanted):
        _execute(connection, "REVOKE", one)
    for one in sorted(wanted - held(connection, roles)):  # revoking on a table takes from its columns too
        _execute(connection, "GRANT", one)
    if different := held(connection, roles) ^ wanted:
        one = min(different)
        raise NotOurs(f"{one.privilege} ON {one.kind} {one.name} of {one.role} is not this owner's to change")


def _tables(permissions: Iterable[Permission]) -> bool:
    return any(one.kind == "TABLE" for one in permissions)


def _execute(connection: Connection, verb: str, one: Permission) -> None:
    name = sql.Identifier(connection.info.dbname) if one.kind == "DATABASE" else sql.SQL(one.name)
    role = sql.SQL(PUBLIC) if one.role == PUBLIC else sql.Identifier(one.role)
    statement = sql.SQL(
        "GRANT {what} {name} TO {role}" if verb == "GRANT" else "REVOKE {what} {name} FROM {role}"
    )
    columns = f" ({one.column})" if one.column else ""
    what = sql.SQL(f"{one.privilege}{columns} ON {one.kind}")
    connection.execute(statement.format(what=what, name=name, role=role))
