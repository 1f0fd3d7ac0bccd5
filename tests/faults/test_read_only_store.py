"""A store that takes no writes, as a standby or a primary that was demoted: said, and found again."""

from pathlib import Path
from uuid import uuid4

from care_platform.postgres.server import TAKES_NO_WRITES
from episodes.http.examples import EXAMPLES
from tests.support.databases import notifications_database
from tests.support.episodes.api_process import serving
from tests.support.notifications.service_process import Api, Issuer, Notifications, partner_token
from tests.support.servers.administrator import end_connections, set_by_default
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

READ_ONLY = {"default_transaction_read_only": "on"}
FLAG = EXAMPLES["RedFlagRaisedCommand"]


def test_writes_are_unavailable_reads_go_on_and_after_it_all_is_well(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with serving(postgres, tmp_path) as (service, api):
        episode = api.opened()

        def answers() -> list[int]:
            put = api.http.put(f"/v1/partners/{uuid4()}", json=EXAMPLES["Partner"])
            command = api.record(f"{episode}/red-flags", FLAG)
            return [put.status_code, command.status_code, api.http.get(episode).status_code]

        with set_by_default(service.database, READ_ONLY):
            end_connections(service.database)
            assert answers() == [503, 503, 200]
            ready = api.http.get("/health/ready")
            assert (ready.status_code, ready.json()["reason"]) == (503, TAKES_NO_WRITES)
        eventually(lambda: answers() == [204, 201, 200], "no connection that takes no writes is kept", 2)
        eventually(api.ready, "ready again", 2)
        eventually(lambda: '"reason": "25006' in api.log, "what made the answers 503 is told")


def test_the_same_of_notifications(postgres: PostgresServer, tmp_path: Path) -> None:
    database, issuer = notifications_database(postgres), Issuer(tmp_path)
    service = Notifications(database, tmp_path, issuer, "http://127.0.0.1:1")
    token = partner_token(issuer, uuid4())
    with Api(service) as api:
        eventually(lambda: api.call("GET", "/health/ready").status_code == 200)

        def subscribing() -> int:
            address = {"url": f"https://partner.example/{uuid4()}"}
            return api.call("POST", "/v1/subscriptions", token, json=address).status_code

        with set_by_default(database, READ_ONLY):
            end_connections(database)
            assert subscribing() == 503
            ready = api.call("GET", "/health/ready")
            assert (ready.status_code, ready.json()["reason"]) == (503, TAKES_NO_WRITES)
        eventually(lambda: subscribing() == 201, "no connection that takes no writes is kept", 2)
        assert api.call("GET", "/health/ready").status_code == 200
        eventually(lambda: '"reason": "25006' in api.log, "what made the answers 503 is told")


def test_tables_that_are_not_there_are_no_defect_of_notifications(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    issuer = Issuer(tmp_path)
    service = Notifications(postgres.fresh_database("notifications"), tmp_path, issuer, "http://127.0.0.1:1")
    with Api(service) as api:
        answer = api.call("GET", "/v1/subscriptions", partner_token(issuer, uuid4()))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        eventually(lambda: '"reason": "42P01' in api.log, "what made the answers 503 is told")
