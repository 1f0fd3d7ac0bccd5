"""The roles and databases of the services: an owner that migrates, an application role bound by all rules."""

import psycopg
from psycopg import Connection, sql

SERVICES = ("episodes", "notifications")
_ONE_AT_A_TIME = 0x63617265  # roles belong to the whole server, so only one process may create them at a time


def create_databases(superuser_url: str, password: str | None = None) -> None:
    """Create what is missing for both services. The password is for servers that ask for one."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for service in SERVICES:
            create_roles(connection, service, password)
            create_database(connection, service, service)


def create_roles(connection: Connection, service: str, password: str | None = None) -> None:
    """Create `<service>_owner` and `<service>_app`."""
    connection.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
    try:
        for role in (f"{service}_owner", f"{service}_app"):
            _create_role(connection, role, password)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def create_database(connection: Connection, service: str, name: str, template: str = "template1") -> None:
    """Create a database that the service's owner owns, and only the service's two roles may connect to.

    It is a copy of `template`, to which nobody may be connected meanwhile.
    """
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return
    names = {
        "database": sql.Identifier(name),
        "owner": sql.Identifier(f"{service}_owner"),
        "app": sql.Identifier(f"{service}_app"),
        "template": sql.Identifier(template),
    }
    statement = "CREATE DATABASE {database} OWNER {owner} TEMPLATE {template}"
    connection.execute(sql.SQL(statement).format(**names))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {database} TO {app}").format(**names))


def _create_role(connection: Connection, role: str, password: str | None) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = sql.SQL("{verb} ROLE {role} LOGIN {limits} PASSWORD {password}").format(
        verb=sql.SQL("ALTER" if exists else "CREATE"),
        role=sql.Identifier(role),
        limits=sql.SQL("NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"),
        password=sql.Literal(password),
    )
    connection.execute(statement)
