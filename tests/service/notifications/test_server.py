"""What the database's server tells of itself is said by readiness, while requests are answered."""

from pathlib import Path

import psycopg

from tests.support.databases import notifications_database
from tests.support.notifications.service_process import Api, Issuer, Notifications
from tests.support.servers.postgres import PostgresServer

MADE_ELSEWHERE = "UPDATE pg_database SET datcollversion = '0.1' WHERE datname = current_database()"


def test_that_text_is_sorted_otherwise_than_when_the_database_was_made_is_a_warning(
    postgres: PostgresServer, tmp_path: Path, issuer: Issuer
) -> None:
    database = notifications_database(postgres)
    with Api(Notifications(database, tmp_path, issuer, "http://127.0.0.1:9")) as api:
        assert api.call("GET", "/health/ready").json() == {"ready": True}
        with psycopg.connect(database.superuser_url) as superuser:
            superuser.execute(MADE_ELSEWHERE)
        answer = api.call("GET", "/health/ready")
    assert answer.status_code == 200
    [warning] = answer.json()["warnings"]
    assert "sorts text otherwise" in warning
