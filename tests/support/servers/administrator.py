"""What an administrator of the server does to a database that is in use."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import psycopg
from psycopg import sql

from laptop.databases import roles_of
from tests.support.servers.postgres import Database
from tests.support.waiting import eventually

_OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"

HOSTILE: Mapping[str, str] = MappingProxyType(
    {
        "client_encoding": "LATIN1",
        "datestyle": "SQL, DMY",
        "intervalstyle": "iso_8601",
        "timezone": "Pacific/Apia",
        "bytea_output": "escape",
        "extra_float_digits": "0",
        "standard_conforming_strings": "off",
        "backslash_quote": "on",
        "array_nulls": "off",
        "transform_null_equals": "on",
        "quote_all_identifiers": "on",
        "search_path": "nowhere",
        "row_security": "off",
        "default_transaction_isolation": "serializable",
        "default_transaction_deferrable": "on",
        "synchronous_commit": "off",
    }
)
"""A value for each setting that we depend on with which something of ours would fail or be another."""


@contextmanager
def set_by_default(database: Database, settings: Mapping[str, str]) -> Iterator[None]:
    """For every new connection of the service's roles to the database, until the end of the block.

    What a role has by default counts for more than what a database has.
    """
    _alter(
        database,
        [
            sql.SQL("SET {} = {}").format(sql.Identifier(one), sql.Literal(value))
            for one, value in settings.items()
        ],
    )
    try:
        yield
    finally:
        _alter(database, [sql.SQL("RESET ALL")])


def _alter(database: Database, changes: Sequence[sql.Composable]) -> None:
    name = sql.Identifier(database.name)
    with psycopg.connect(database.superuser_url, autocommit=True) as db:
        for role in map(sql.Identifier, roles_of(database.service)):
            for change in changes:
                db.execute(sql.SQL("ALTER ROLE {} IN DATABASE {} {}").format(role, name, change))


def end_connections(database: Database) -> int:
    """End every connection to the database, as a restart does. Returns their number, once they are gone."""
    with psycopg.connect(database.superuser_url, autocommit=True) as db:

        def others() -> set[int]:
            return {pid for (pid,) in db.execute(_OTHERS, (database.name,))}

        there = others()
        db.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS it(pid)", (list(there),))

        def gone() -> bool:
            return not others() & there

        eventually(gone, "the connections are gone")
    return len(there)
