"""What the database's server tells of itself is said by readiness, while requests are answered."""

from contextlib import closing
from pathlib import Path

import psycopg

from tests.support.databases import episodes_database
from tests.support.episodes.api_process import Service
from tests.support.servers.postgres import PostgresServer

MADE_ELSEWHERE = "UPDATE pg_database SET datcollversion = '0.1' WHERE datname = current_database()"


def test_that_text_is_sorted_otherwise_than_when_the_database_was_made_is_a_warning(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    database = episodes_database(postgres)
    with closing(Service(database, tmp_path)) as service:
        api = service.start()
        assert api.http.get("/health/ready").json() == {"ready": True}
        with psycopg.connect(database.superuser_url) as superuser:
            superuser.execute(MADE_ELSEWHERE)
        answer = api.http.get("/health/ready")
    assert answer.status_code == 200
    [warning] = answer.json()["warnings"]
    assert "sorts text otherwise" in warning
