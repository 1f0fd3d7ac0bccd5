"""A database that is not marked as one for tests is left alone."""

import psycopg
import pytest
from psycopg import sql

from tests.faults.conftest import MARK, refuse_unmarked
from tests.support.servers.postgres import PostgresServer


def test_a_database_is_for_tests_only_if_its_comment_says_so(postgres: PostgresServer) -> None:
    database = postgres.fresh_database("episodes")
    with pytest.raises(pytest.fail.Exception, match=database.name):
        refuse_unmarked(database.superuser_url)
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database.name), sql.Literal(MARK))
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(comment)
    refuse_unmarked(database.superuser_url)
