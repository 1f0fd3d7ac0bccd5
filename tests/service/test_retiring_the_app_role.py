"""The role that all processes of earlier releases share works on after the migration, until it is retired."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from care_platform.postgres.grants import permitted
from tests.support.grants import EPISODES, NOTIFICATIONS, Kept, effective
from tests.support.servers.postgres import Database, PostgresServer

BOTH = pytest.mark.parametrize("kept", [EPISODES, NOTIFICATIONS], ids=lambda kept: kept.name)
WORK = {
    "episodes": ("INSERT INTO stored_events DEFAULT VALUES", "SELECT * FROM episode_list"),
    "notifications": ("INSERT INTO positions DEFAULT VALUES", "SELECT * FROM subscriptions"),
}


@pytest.fixture
def earlier(postgres: PostgresServer, kept: Kept) -> Iterator[Database]:
    """A database with the role of earlier releases, which may connect because everybody may."""
    database = postgres.fresh_database(kept.name)
    role = sql.Identifier(app_of(database))
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'care-test'").format(role))
        name = sql.Identifier(database.name)
        connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO PUBLIC").format(name))
        yield database
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def app_of(database: Database) -> str:
    return f"app_of_{database.name}"


def connected(database: Database) -> psycopg.Connection:
    address = database.url("api").replace(f"{database.service}_api", app_of(database))
    return psycopg.connect(address, autocommit=True)


def migrated(database: Database, *flags: str) -> subprocess.CompletedProcess[str]:
    name = database.service.upper()
    settings = {f"{name}_OWNER_DATABASE_URL": database.owner_url, f"{name}_APP_ROLE": app_of(database)}
    command = [sys.executable, "-m", database.service, "migrate", *flags]
    return subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=60
    )


@BOTH
def test_it_works_on_until_an_operator_retires_it(kept: Kept, earlier: Database) -> None:
    assert migrated(earlier).returncode == 0
    assert migrated(earlier).returncode == 0
    with connected(earlier) as connection:
        insert, select = WORK[kept.name]
        with pytest.raises(psycopg.IntegrityError):
            connection.execute(insert.encode())
        assert connection.execute(select.encode()).fetchall() == []

        refused = migrated(earlier, "--retire-app-role")
        assert refused.returncode != 0
        assert "has 1 connection" in refused.stderr
        assert "Traceback" not in refused.stderr
        connection.execute(select.encode())

    assert migrated(earlier, "--retire-app-role").returncode == 0
    assert migrated(earlier).returncode == 0, "and it stays retired"
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connected(earlier)
    assert effective(earlier, [*kept.roles, app_of(earlier)]) == permitted(kept.grants)


@BOTH
def test_the_roles_of_the_processes_have_what_they_need_meanwhile(kept: Kept, earlier: Database) -> None:
    assert migrated(earlier).returncode == 0
    assert effective(earlier, kept.roles) == permitted(kept.grants)


@BOTH
def test_where_there_is_none_retiring_it_changes_nothing(kept: Kept, postgres: PostgresServer) -> None:
    database = postgres.fresh_database(f"{kept.name}")
    assert migrated(database, "--retire-app-role").returncode == 0
    assert effective(database, kept.roles) == permitted(kept.grants)
