"""The roles and databases of the services: an owner that migrates, and a role for each process.

What the roles may do inside, the services' own `migrate` grants. Here is what only a superuser can do.
"""

from collections.abc import Mapping
from types import MappingProxyType

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

PROCESSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "episodes": ("api", "relay", "project", "keys"),
        "notifications": ("api", "consume", "deliver"),
    }
)
"""The processes of each service that have a role of their own: `<service>_<process>`."""

_ONE_AT_A_TIME = 0x63617265  # roles belong to the whole server, so only one process may create them at a time
_LARGE_OBJECTS = """SELECT pg_proc.oid::regprocedure::text
FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
WHERE pronamespace = 'pg_catalog'::regnamespace AND grantee = 0 AND proname ~ '^lo(_|read$|write$)'"""


def create_databases(superuser_url: str, password: str | None = None) -> None:
    """Create what is missing for both services. The password is for servers that ask for one."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        close_maintenance_databases(connection)
        for service in PROCESSES:
            create_roles(connection, service, password)
            create_database(connection, service, service)
    for service in PROCESSES:
        close_large_objects(superuser_url, service)


def roles_of(service: str) -> tuple[str, ...]:
    """The names of the roles of a service, that of the owner first."""
    return tuple(f"{service}_{name}" for name in ("owner", *PROCESSES[service]))


def create_roles(connection: Connection, service: str, password: str | None = None) -> None:
    """Create `<service>_owner` and the role of each process."""
    connection.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
    try:
        for role in roles_of(service):
            _create_role(connection, role, password)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def create_database(connection: Connection, service: str, name: str, template: str = "template1") -> None:
    """Create a database that the service's owner owns, and only the service's own roles may connect to.

    It is a copy of `template`, to which nobody may be connected meanwhile.
    """
    database = sql.Identifier(name)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        owner, source = sql.Identifier(f"{service}_owner"), sql.Identifier(template)
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        connection.execute(statement.format(database, owner, source))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    for role in roles_of(service)[1:]:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(role))
        )


def close_maintenance_databases(connection: Connection) -> None:
    """Let only superusers into the databases that every server has."""
    connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")


def close_large_objects(superuser_url: str, database: str) -> None:
    """Take the functions of large objects, which lie outside all tables, from everybody in this database."""
    address = make_conninfo(superuser_url, dbname=database)
    with psycopg.connect(address, autocommit=True) as connection:
        for (function,) in connection.execute(_LARGE_OBJECTS).fetchall():
            revoke = sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC")
            connection.execute(revoke.format(sql.SQL(function)))


def _create_role(connection: Connection, role: str, password: str | None) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = sql.SQL("{verb} ROLE {role} LOGIN {limits} PASSWORD {password}").format(
        verb=sql.SQL("ALTER" if exists else "CREATE"),
        role=sql.Identifier(role),
        limits=sql.SQL("NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"),
        password=sql.Literal(password),
    )
    connection.execute(statement)
