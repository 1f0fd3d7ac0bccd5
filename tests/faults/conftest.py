"""These tests kill servers and remake roles: a server that is not ours must say that it is for tests."""

import psycopg
import pytest

from tests.support.servers.postgres import ForeignPostgres, PostgresServer

MARK = "care-test"
_MARKED = """SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database
WHERE datname = current_database()"""


@pytest.fixture(scope="session", autouse=True)
def for_tests(postgres: PostgresServer) -> None:
    """Before the first database is made there."""
    if isinstance(postgres, ForeignPostgres):
        refuse_unmarked(postgres.superuser_url)


def refuse_unmarked(superuser_url: str) -> None:
    """Fails unless the database's comment marks its server as one for tests."""
    with psycopg.connect(superuser_url) as connection:
        row = connection.execute(_MARKED).fetchone()
    assert row is not None
    name, mark = row
    if mark != MARK:
        pytest.fail(f"not a server for tests: COMMENT ON DATABASE {name} IS '{MARK}' says it is one")
