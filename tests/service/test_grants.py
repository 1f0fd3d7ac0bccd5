"""Each process's role may do what the service's table of grants says, not one thing more or less."""

import psycopg
import pytest
from psycopg import sql

from care_platform.postgres.granting import NotOurs, RolesMissing
from care_platform.postgres.grants import Grant, permitted
from care_platform.postgres.migrations import Migrations
from laptop.databases import roles_of
from tests.support.grants import EPISODES, NOTIFICATIONS, Kept, effective
from tests.support.servers.postgres import Database, PostgresServer

BOTH = pytest.mark.parametrize("kept", [EPISODES, NOTIFICATIONS], ids=lambda kept: kept.name)

MORE_OR_LESS = {
    "a table": "GRANT UPDATE ON alembic_version TO {role}",
    "a column": "GRANT UPDATE (version_num) ON alembic_version TO {role}",
    "everybody's": "GRANT SELECT ON alembic_version TO PUBLIC",
    "making tables": "GRANT CREATE ON SCHEMA public TO PUBLIC",
    "temporary tables": "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC",
    "a function": "CREATE FUNCTION a_new_one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a type": "CREATE TYPE a_new_one AS (n int)",
    "one less": "REVOKE USAGE ON SCHEMA public FROM {role}",
    "the door": "REVOKE CONNECT ON DATABASE {database} FROM {role}",
}


@pytest.fixture
def database(postgres: PostgresServer, kept: Kept) -> Database:
    return kept.database(postgres)


def as_owner(database: Database, statement: str, role: str) -> None:
    names = {"role": sql.Identifier(role), "database": sql.Identifier(database.name)}
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(sql.SQL(statement).format(**names))


@BOTH
def test_the_catalog_holds_the_table_and_nothing_else(kept: Kept, database: Database) -> None:
    assert effective(database, kept.roles) == permitted(kept.grants)


@BOTH
@pytest.mark.parametrize("change", MORE_OR_LESS)
def test_one_grant_more_or_less_is_noticed_and_put_right(kept: Kept, database: Database, change: str) -> None:
    as_owner(database, MORE_OR_LESS[change], kept.roles[0])
    assert effective(database, kept.roles) != permitted(kept.grants)
    kept.migrate(database.owner_url, f"{kept.name}_app")
    assert effective(database, kept.roles) == permitted(kept.grants)


@BOTH
def test_each_grant_is_listed_once_with_its_reason(kept: Kept) -> None:
    listed = [one for grant in kept.grants for one in grant.permissions()]
    assert len(listed) == len(set(listed))
    assert {one.role for one in listed} == set(kept.roles)
    assert all(grant.reason for grant in kept.grants)


@BOTH
def test_the_laptop_makes_the_roles_of_the_table(kept: Kept) -> None:
    assert roles_of(kept.name) == (f"{kept.name}_owner", *kept.roles)


@BOTH
def test_the_roles_are_members_of_none(kept: Kept, database: Database) -> None:
    """What a role may do is what it was granted itself."""
    with psycopg.connect(database.superuser_url) as connection:
        members = "SELECT member::regrole::text FROM pg_auth_members WHERE member::regrole::text = ANY(%s)"
        assert connection.execute(members, (list(kept.roles),)).fetchall() == []
        assert connection.execute("SELECT 1 FROM pg_default_acl").fetchall() == []


@BOTH
def test_a_role_that_the_server_lacks_is_named_before_anything_is_migrated(
    kept: Kept, postgres: PostgresServer
) -> None:
    empty = postgres.fresh_database(kept.name)
    grants = (*kept.grants, Grant("nobody_made_this", "SCHEMA public", "USAGE", "shows what is missing"))
    steps = Migrations(f"{kept.name}.migrations", lock=7, grants=grants)
    with pytest.raises(RolesMissing, match="nobody_made_this"):
        steps.run(empty.owner_url, "")
    with psycopg.connect(empty.owner_url) as connection:
        assert connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,)


@BOTH
def test_what_the_owner_cannot_revoke_is_refused(kept: Kept, database: Database) -> None:
    other, role = (sql.Identifier(name) for name in (f"{kept.name}_owner_of_nothing", kept.roles[-1]))
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(other))
        try:
            for statement in (
                "GRANT USAGE ON SCHEMA public TO {other}",
                "GRANT SELECT ON alembic_version TO {other} WITH GRANT OPTION",
                "SET ROLE {other}",
                "GRANT SELECT ON alembic_version TO {role}",
                "RESET ROLE",
            ):
                connection.execute(sql.SQL(statement).format(other=other, role=role))
            with pytest.raises(NotOurs, match="alembic_version"):
                kept.migrate(database.owner_url, f"{kept.name}_app")
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(other))
            connection.execute(sql.SQL("DROP ROLE {}").format(other))


@BOTH
def test_a_role_that_the_table_does_not_name_keeps_what_it_was_given(kept: Kept, database: Database) -> None:
    backup = sql.Identifier(f"{kept.name}_backup")
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(backup))
        try:
            connection.execute(sql.SQL("GRANT SELECT ON alembic_version TO {}").format(backup))
            kept.migrate(database.owner_url, f"{kept.name}_app")
            may = "SELECT has_table_privilege(%s, 'alembic_version', 'SELECT')"
            assert connection.execute(may, (f"{kept.name}_backup",)).fetchone() == (True,)
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(backup))
            connection.execute(sql.SQL("DROP ROLE {}").format(backup))
