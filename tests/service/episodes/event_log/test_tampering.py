"""What is changed in the store behind the service's back is noticed at the next read, and named in the log.

By a superuser, with triggers and the check of the header out of the way.
"""

from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.stored_rows import Row, as_version, rewritten
from tests.support.servers.postgres import PostgresServer

Change = Callable[[list[Row], list[Row]], list[Row]]
"""Makes the rows of an episode another history, given those of an episode of another client."""

ASSESSED = {**EXAMPLES["AssessedCommand"], "stage": "ad_hoc"}
ALTERED = "does not match its seal"
ELSEWHERE = "stands in a row that is not its own"
GAP = "stands where version"
STRANGER = "is not of the client and network of its episode"
NO_KEY = "sealed with a key that is not found"


def _third(**header: object) -> Change:
    return lambda rows, _: [*rows[:2], rewritten(rows[2], **header), *rows[3:]]


def _in_row(row: Row, of: Row) -> Row:
    return as_version(row, of["originator_id"], of["originator_version"])


def _exchanged(rows: list[Row], _: list[Row]) -> list[Row]:
    return [*rows[:2], _in_row(rows[3], rows[2]), _in_row(rows[2], rows[3])]


def _exchanged_with_versions(rows: list[Row], _: list[Row]) -> list[Row]:
    third, fourth = _exchanged(rows, _)[2:]
    return [*rows[:2], rewritten(third, version=3), rewritten(fourth, version=4)]


def _of_another_client(rows: list[Row], others: list[Row]) -> list[Row]:
    return [*rows[:2], _in_row(others[2], rows[2]), rows[3]]


def _of_another_client_appended(rows: list[Row], others: list[Row]) -> list[Row]:
    last = rows[3] | {"originator_version": 5}
    moved = rewritten(others[2], episode_id=str(rows[0]["originator_id"]), version=5)
    return [*rows, _in_row(moved, last)]


def _own_appended_again(rows: list[Row], _: list[Row]) -> list[Row]:
    return [*rows, rows[2] | {"originator_version": 5}]


def _payload_of_another(rows: list[Row], _: list[Row]) -> list[Row]:
    ends = [5 + int.from_bytes(row["state"][1:5], "big") for row in rows]
    mixed = rows[2]["state"][: ends[2]] + rows[3]["state"][ends[3] :]
    return [*rows[:2], rows[2] | {"state": mixed}, rows[3]]


def _one_bit(rows: list[Row], _: list[Row]) -> list[Row]:
    state = bytearray(rows[2]["state"])
    state[-20] ^= 1
    return [*rows[:2], rows[2] | {"state": bytes(state)}, rows[3]]


def _of_format_1(rows: list[Row], _: list[Row]) -> list[Row]:
    return [*rows[:2], rows[2] | {"state": b"\x01" + rows[2]["state"][1:]}, rows[3]]


def _of_unknown_type(rows: list[Row], _: list[Row]) -> list[Row]:
    return [*rows[:2], rewritten(rows[2], type="sung.1") | {"topic": "sung.1"}, rows[3]]


ANY_ID = str(uuid4())
CHANGES: dict[str, tuple[Change, str]] = {
    "who sent it": (_third(actor={"id": ANY_ID, "role": "therapist"}), ALTERED),
    "in which role": (_third(actor={"id": ANY_ID, "role": "supervisor"}), ALTERED),
    "when it happened": (_third(occurred_at="2020-01-01T09:00:00+00:00"), ALTERED),
    "when it was recorded": (_third(recorded_at="2020-01-01T09:00:00Z"), ALTERED),
    "how it was recorded": (_third(origin="imported"), ALTERED),
    "who did it": (_third(performer=ANY_ID), ALTERED),
    "for whom": (_third(on_behalf_of=ANY_ID), ALTERED),
    "why": (_third(purpose="another"), ALTERED),
    "where": (_third(clinic=ANY_ID), ALTERED),
    "its client": (_third(client=ANY_ID), ALTERED),
    "its network": (_third(network="other"), ALTERED),
    "its number among the published": (_third(sequence=9), ALTERED),
    "its command": (_third(command_id=ANY_ID), ALTERED),
    "its trace": (_third(traceparent="00-" + "1" * 32 + "-" + "1" * 16 + "-01"), ALTERED),
    "its id": (_third(event_id=ANY_ID), ALTERED),
    "its key": (_third(key_id=ANY_ID), NO_KEY),
    "its commitment": (_third(commitment="0" * 64), ALTERED),
    "its type in the header": (_third(type="sung.1"), ELSEWHERE),
    "its type": (_of_unknown_type, ALTERED),
    "two exchanged": (_exchanged, ELSEWHERE),
    "two exchanged with their versions": (_exchanged_with_versions, ALTERED),
    "one of another client in its place": (_of_another_client, ELSEWHERE),
    "one of another client appended": (_of_another_client_appended, NO_KEY),
    "an own one appended again": (_own_appended_again, ELSEWHERE),
    "the first deleted": (lambda rows, _: rows[1:], GAP),
    "one in the middle deleted": (lambda rows, _: [*rows[:2], rows[3]], GAP),
    "the payload of another": (_payload_of_another, ALTERED),
    "one bit of the payload": (_one_bit, ALTERED),
    "the older format": (_of_format_1, ALTERED),
}


class Store:
    """Two episodes of two clients in a running service, whose rows can be exchanged."""

    def __init__(self, service: Service, api: Api) -> None:
        self.service, self.api = service, api
        self.own, self.other = self._episode(), self._episode()
        with self.superuser() as connection:
            connection.execute("ALTER TABLE stored_events DROP CONSTRAINT header_of_its_row")

    def rows(self, episode: str) -> list[Row]:
        query = "SELECT * FROM stored_events WHERE originator_id = %s ORDER BY originator_version"
        return self.service.rows(query, episode.rpartition("/")[2])

    def replace(self, rows: list[Row]) -> None:
        with self.superuser() as connection:
            connection.execute("SET session_replication_role = 'replica'")
            connection.execute("DELETE FROM stored_events WHERE originator_id = %s", (self.id,))
            for place, row in enumerate(rows, 1_000):
                connection.execute(
                    "INSERT INTO stored_events VALUES (%(originator_id)s, %(originator_version)s, %(topic)s,"
                    " %(state)s, %(place)s)",
                    row | {"place": place},
                )

    @property
    def id(self) -> str:
        return self.own.rpartition("/")[2]

    def _episode(self) -> str:
        client = str(uuid4())
        assert self.api.http.put(f"/v1/clients/{client}", json={"name": "Any Client"}).status_code == 204
        opening = EXAMPLES["EpisodeOpenedCommand"] | {"client": client}
        answer = self.api.record("/v1/episodes", opening)
        assert answer.status_code == 201, answer.text
        path = f"/v1/episodes/{answer.json()['episode']['id']}"
        for _ in range(3):
            assert self.api.record(f"{path}/assessments", ASSESSED).status_code == 201
        return path

    def superuser(self) -> psycopg.Connection[Row]:
        url = self.service.database.superuser_url
        return psycopg.connect(url, row_factory=dict_row)


@pytest.fixture(scope="module")
def store(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with serving(postgres, tmp_path_factory.mktemp("api")) as (service, api):
        yield Store(service, api)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_in_the_store_is_noticed_at_the_next_read(store: Store, name: str) -> None:
    change, says = CHANGES[name]
    before = store.rows(store.own)
    seen = len(store.api.log_until_now)
    store.replace(change(before, store.rows(store.other)))
    try:
        for path in (store.own, f"{store.own}/history"):
            answer = store.api.http.get(path)
            assert answer.status_code == 500, (path, answer.text)
        assert says in store.api.log_until_now[seen:]
        assert store.api.http.get(store.other).status_code == 200
    finally:
        store.replace(before)
    assert store.api.http.get(store.own).status_code == 200


def test_a_key_that_is_gone_is_damage_and_no_erasure(store: Store) -> None:
    with store.superuser() as connection:
        kept = connection.execute("DELETE FROM client_keys RETURNING *").fetchall()
    seen = len(store.api.log_until_now)
    try:
        answer = store.api.http.get(store.own)
        assert (answer.status_code, NO_KEY in store.api.log_until_now[seen:]) == (500, True)
    finally:
        with store.superuser() as connection:
            for row in kept:
                connection.execute(
                    "INSERT INTO client_keys VALUES (%(network_id)s, %(client_id)s, %(key_id)s, %(wrapped)s)",
                    row,
                )


def test_what_was_put_back_is_read_again(store: Store) -> None:
    assert len(store.api.http.get(f"{store.own}/history").json()["events"]) == 4
