"""With a process's password and SQL alone nothing can be done that its table of grants does not say."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors, sql

from care_platform.postgres.grants import permitted
from tests.support.grants import EPISODES, NOTIFICATIONS, effective
from tests.support.servers.postgres import Database, ForeignPostgres, PostgresServer
from tests.support.sql_attacks import OF_EPISODES, OF_NOTIFICATIONS, Columns, attacks

OWN = {"episodes": OF_EPISODES, "notifications": OF_NOTIFICATIONS}
KEPT = {"episodes": EPISODES, "notifications": NOTIFICATIONS}
EVERY_ROLE = pytest.mark.parametrize(
    ("service", "role"), [(kept.name, role) for kept in KEPT.values() for role in kept.roles]
)
_COLUMNS = """SELECT c.relname, array_agg(attname::text ORDER BY attnum)
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attidentity = ''
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY c.relname"""


@pytest.fixture(scope="module")
def databases(postgres: PostgresServer) -> dict[str, Database]:
    return {name: kept.database(postgres) for name, kept in KEPT.items()}


@pytest.fixture
def attacked(databases: dict[str, Database], service: str) -> Iterator[Database]:
    """A database whose rights are afterwards what they were."""
    yield databases[service]
    kept = KEPT[service]
    assert effective(databases[service], kept.roles) == permitted(kept.grants)


def columns_of(database: Database) -> Columns:
    with psycopg.connect(database.superuser_url) as connection:
        return Columns(dict(connection.execute(_COLUMNS).fetchall()))


def outcome(connection: psycopg.Connection, statement: str, **names: str) -> str | None:
    """Nothing if it was refused for want of a right, or to everybody as columns are that the database makes
    itself; else what happened.
    """
    words = sql.SQL(statement).format(**{name: sql.Identifier(it) for name, it in names.items()})
    try:
        connection.execute(words)
    except errors.InsufficientPrivilege as refusal:
        return f"row security: {statement}" if "row-level" in str(refusal) else None
    except errors.GeneratedAlways:
        return None
    except psycopg.Error as failure:
        return f"{type(failure).__name__}: {statement}"
    return f"done: {statement}"


@EVERY_ROLE
def test_whatever_a_role_was_not_granted_is_refused(attacked: Database, service: str, role: str) -> None:
    url = attacked.url(role.removeprefix(f"{service}_"))
    names = {"role": role, "owner": f"{service}_owner", "database": attacked.name}
    every = attacks(columns_of(attacked), permitted(KEPT[service].grants), role, OWN[service])
    with psycopg.connect(url, autocommit=True) as connection:
        outcomes = [outcome(connection, statement, **names) for statement in every]
    assert len(outcomes) > 300
    assert not (succeeded := [it for it in outcomes if it is not None]), "\n".join(succeeded)


@EVERY_ROLE
def test_a_role_cannot_become_another(databases: dict[str, Database], service: str, role: str) -> None:
    others = {one for kept in KEPT.values() for one in (*kept.roles, f"{kept.name}_owner")} - {role}
    url = databases[service].url(role.removeprefix(f"{service}_"))
    with psycopg.connect(url, autocommit=True) as connection:
        assert [outcome(connection, f'SET ROLE "{other}"') for other in others] == [None] * len(others)


@EVERY_ROLE
def test_a_role_enters_no_database_but_its_own(
    databases: dict[str, Database], postgres: PostgresServer, service: str, role: str
) -> None:
    own = databases[service]
    doors = {it.name for name, it in databases.items() if name != service}
    if not isinstance(postgres, ForeignPostgres):
        doors |= {"postgres", "template1"}
    for door in doors:
        address = own.url(role.removeprefix(f"{service}_")).replace(own.name, door)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(address)


def test_who_holds_a_right_is_not_taken_for_refused(databases: dict[str, Database]) -> None:
    """Else a statement that is merely wrong would count as refused."""
    with psycopg.connect(databases["episodes"].url("api"), autocommit=True) as connection:
        assert outcome(connection, "SELECT * FROM stored_events") == "done: SELECT * FROM stored_events"
        assert outcome(connection, "SELECT nothing") == "UndefinedColumn: SELECT nothing"
