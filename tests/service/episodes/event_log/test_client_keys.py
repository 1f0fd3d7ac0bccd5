"""Clients' keys change in two ways only: wrapped anew by a role of its own, and erased by a named person."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql

from care_platform.postgres.row_security import SCOPE, scoped
from tests.support.episodes.store_and_writer import Desk

OLD, NEW = b"o" * 60, b"n" * 60
REPLACE = "SELECT replace_wrapped_key(%s, %s, %s, %s)"
ERASE = "SELECT erase_client_key(%s, %s)"


@pytest.fixture
def client(desk: Desk) -> UUID:
    """A client of two networks, with a key in each."""
    client = uuid4()
    for network in ("demo", "other"):
        made = "INSERT INTO client_keys VALUES (%s, %s, %s, %s) RETURNING 1"
        desk.rows(made, network, client, uuid4(), OLD)
    return client


def wrapped(desk: Desk, client: UUID) -> dict[str, bytes | None]:
    keys = "SELECT network_id, wrapped FROM client_keys WHERE client_id = %s"
    return dict(desk.rows(keys, client))


def asked(desk: Desk, role: str, statement: str, *values: Any) -> bool:
    with psycopg.connect(desk.database.url(role)) as connection:
        [(answer,)] = connection.execute(statement.encode(), values).fetchall()
    return bool(answer)


def test_a_key_is_replaced_if_it_is_still_the_one_that_was_read(desk: Desk, client: UUID) -> None:
    assert asked(desk, "keys", REPLACE, "demo", client, OLD, NEW)
    assert wrapped(desk, client) == {"demo": NEW, "other": OLD}
    assert not asked(desk, "keys", REPLACE, "demo", client, OLD, os.urandom(60)), "another was faster"
    assert wrapped(desk, client) == {"demo": NEW, "other": OLD}


@pytest.mark.parametrize("nothing", [None, b"", b"n" * 59])
def test_a_key_is_never_replaced_by_nothing(desk: Desk, client: UUID, nothing: bytes | None) -> None:
    with pytest.raises(errors.InvalidParameterValue, match="no wrapped key"):
        asked(desk, "keys", REPLACE, "demo", client, OLD, nothing)
    assert wrapped(desk, client) == {"demo": OLD, "other": OLD}


@pytest.mark.parametrize("old", [None, OLD])
def test_an_erased_key_stays_erased(desk: Desk, client: UUID, old: bytes | None) -> None:
    assert asked(desk, "owner", ERASE, "demo", client)
    assert not asked(desk, "keys", REPLACE, "demo", client, old, NEW)
    assert wrapped(desk, client) == {"demo": None, "other": OLD}


@pytest.mark.parametrize("statement", [REPLACE, ERASE])
def test_the_caller_sees_the_networks_it_named_before(desk: Desk, client: UUID, statement: str) -> None:
    with psycopg.connect(desk.database.owner_url) as connection:
        connection.execute(SCOPE, scoped(["elsewhere"]))
        values = ("demo", client, OLD, NEW)[: statement.count("%s")]
        connection.execute(statement.encode(), values)
        assert connection.execute("SHOW care.networks").fetchone() == ("elsewhere",)
        assert connection.execute("SELECT 1 FROM client_keys").fetchall() == []


def test_an_erasure_says_who_did_it_and_when_and_stays(desk: Desk, client: UUID) -> None:
    with officer(desk) as (name, url), psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute(ERASE, ("demo", client)).fetchone() == (True,)
        assert connection.execute(ERASE, ("demo", client)).fetchone() == (False,), "it was erased before"
        for forbidden in ("SELECT 1 FROM client_keys", "SELECT 1 FROM key_erasures"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(forbidden)
    assert wrapped(desk, client) == {"demo": None, "other": OLD}
    recorded = (
        "SELECT network_id, erased_by, now() - erased_at < '1 min' FROM key_erasures WHERE client_id = %s"
    )
    assert desk.rows(recorded, client) == [("demo", name, True)]
    for change in (
        "UPDATE key_erasures SET erased_by = ''",
        "DELETE FROM key_erasures",
        "TRUNCATE key_erasures",
    ):
        with pytest.raises(errors.RaiseException, match="key_erasures is append-only"):
            desk.rows(change)


@contextmanager
def officer(desk: Desk) -> Iterator[tuple[str, str]]:
    """A person's own role, to which the owner has granted the erasing of keys, and no more."""
    name = f"officer_{uuid4().hex[:8]}"
    words = {"role": sql.Identifier(name), "database": sql.Identifier(desk.database.name)}
    with psycopg.connect(desk.database.superuser_url, autocommit=True) as connection:
        for statement in (
            "CREATE ROLE {role} LOGIN PASSWORD 'care-test'",
            "GRANT CONNECT ON DATABASE {database} TO {role}",
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT EXECUTE ON FUNCTION erase_client_key TO {role}",
        ):
            connection.execute(sql.SQL(statement).format(**words))
        yield name, desk.database.url("api").replace("episodes_api", name)
        connection.execute(sql.SQL("DROP OWNED BY {role}").format(**words))
        connection.execute(sql.SQL("DROP ROLE {role}").format(**words))
