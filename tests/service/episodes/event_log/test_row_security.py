"""Row-level security: whoever forgets to say which network sees none, and whoever says one sees no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, errors

from care_platform.postgres.grants import permitted
from care_platform.postgres.row_security import SCOPE, scoped
from episodes.errors import NotThere
from episodes.event_log.episodes import Episodes
from episodes.event_log.reader import Database
from episodes.http.examples import EXAMPLES
from episodes.migrations.grants import API, GRANTS, ROLES
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, consent, tell
from tests.support.servers.postgres import PostgresServer

OWNER = "episodes_owner"
SECURED = """SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class
JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'network_id'
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
LISTED = """INSERT INTO episode_list (build, network_id, episode_id, clinic_id, client_id, status, version,
last_recorded_at) VALUES (1, %s, %s, %s, %s, 'open', 1, now()) RETURNING 1"""
SNAPSHOT = "INSERT INTO episode_snapshots VALUES (%s, %s, 1, 'form', 'sealed') RETURNING 1"
KEYED = "INSERT INTO client_keys VALUES (%s, %s, %s, 'wrapped') RETURNING client_id"
POLICIES = "SELECT tablename, qual, with_check FROM pg_policies"


@pytest.fixture(scope="module")
def service(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Two networks with something in every table."""
    with serving(postgres, tmp_path_factory.mktemp("rows")) as (service, api):
        _fill(api)
        api.http.headers.update(bearer(service.token(network="other")))
        for resource, entry in (("clinics", "Clinic"), ("staff", "Staff"), ("partners", "Partner")):
            api.http.put(f"/v1/{resource}/{uuid4()}", json=EXAMPLES[entry])
        api.http.put(f"/v1/clients/{uuid4()}", json=EXAMPLES["ClientIdentity"])
        for network in ("demo", "other"):
            service.rows(LISTED, network, *(uuid4() for _ in range(3)))
            service.rows(SNAPSHOT, network, uuid4())
            erased = service.rows(KEYED, network, uuid4(), uuid4())[0]["client_id"]
            service.rows("SELECT erase_client_key(%s, %s)", network, erased)
        yield service


def _fill(api: Api) -> None:
    told = tell(api, lambda resource, body: body | _source_ref(resource))
    given = consent(api, told, "sessions")
    assert given
    client = f"/v1/clients/{told.client}"
    renamed = EXAMPLES["ClientIdentity"] | {"name": "Another"}
    assert api.http.get(client).json()["clinics"] == [told.clinic]
    assert api.http.put(client, json=renamed, headers={"if-match": "*"}).status_code == 204
    question = {"event_id": told.events["sessions"], "subscription_id": str(uuid4())}
    asked = [question | {"partner": EXAMPLES["Questions"][0]["partner"]}]
    assert api.http.post("/v1/disclosure-decisions", json=asked).json()[0]["allowed"]


def _source_ref(resource: str) -> dict[str, Any]:
    return {"source_ref": {"system": "chart", "value": "7"}} if resource == "assessments" else {}


@contextmanager
def within(service: Service, *networks: str, role: str = API) -> Iterator[Connection[Any]]:
    """A role, in a transaction that names these networks."""
    with psycopg.connect(address(service, role)) as connection:
        connection.execute(SCOPE, scoped(networks))
        yield connection


def address(service: Service, role: str) -> str:
    return service.database.url(role.removeprefix("episodes_"))


def tables(service: Service) -> list[str]:
    return [row["relname"] for row in service.rows(SECURED)]


def readable(service: Service) -> list[tuple[str, str]]:
    """Each of these tables, with each role that may read it. The policies bind the owner too."""
    may = [(one.role, one.name) for one in permitted(GRANTS) if one.privilege == "SELECT"]
    secured = tables(service)
    return [(role, table) for role, table in may if table in secured] + [(OWNER, table) for table in secured]


def test_every_table_with_a_network_forces_its_policy_on_everybody(service: Service) -> None:
    rows = service.rows(SECURED)
    assert len(rows) >= 11
    assert [row["relname"] for row in rows if not row["forced"]] == []
    policies = {row["tablename"]: row for row in service.rows(POLICIES)}
    assert set(policies) == set(tables(service))
    assert {row["with_check"] for row in policies.values()} == {None}, (
        "what may be written is what may be read"
    )


def test_the_roles_cannot_see_past_it(service: Service) -> None:
    mighty = "SELECT rolname, rolsuper OR rolbypassrls AS may FROM pg_roles WHERE rolname LIKE %s"
    roles = {row["rolname"]: row["may"] for row in service.rows(mighty, "episodes%")}
    assert roles == dict.fromkeys((OWNER, *ROLES), False)


def test_a_query_that_forgets_its_where_sees_its_own_network_only(service: Service) -> None:
    for role, table in readable(service):
        held = {row["network_id"] for row in service.rows(f"SELECT DISTINCT network_id FROM {table}")}
        assert "demo" in held, f"{table} holds something, else this proves nothing"
        with within(service, "demo", role=role) as connection:
            seen = connection.execute(f"SELECT DISTINCT network_id FROM {table}".encode()).fetchall()
        assert seen == [("demo",)], (role, table)
        with within(service, "elsewhere", role=role) as connection:
            assert connection.execute(f"SELECT 1 FROM {table}".encode()).fetchall() == [], (role, table)


def test_whoever_names_no_network_sees_none(service: Service) -> None:
    for role, table in readable(service):
        with psycopg.connect(address(service, role)) as connection:
            assert connection.execute(f"SELECT 1 FROM {table}".encode()).fetchall() == [], (role, table)


def test_nothing_is_written_for_another_network(service: Service) -> None:
    insert = "INSERT INTO clinics (network_id, clinic_id, zone) VALUES ('other', %s, 'UTC')"
    with within(service, "demo") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(insert.encode(), (uuid4(),))
    with within(service, "demo") as connection:
        assert connection.execute("UPDATE clinics SET zone = 'UTC' WHERE network_id = 'other'").rowcount == 0


async def test_a_connection_carries_no_network_to_its_next_user(service: Service) -> None:
    database = Database(service.database.url("api"), size=1)
    await database.open()
    try:
        async with database.within("demo") as connection:
            assert await (await connection.execute("SELECT 1 FROM clinics")).fetchone()
        async with database.connection() as connection:
            assert await (await connection.execute("SELECT 1 FROM clinics")).fetchone() is None
    finally:
        await database.close()


async def test_an_episode_asked_for_under_another_network_is_closed(service: Service) -> None:
    """The log has no row security: its clear metadata says whose it is, and nobody else's is opened."""
    database = Database(service.database.url("api"), size=1)
    await database.open()
    try:
        episodes = Episodes(database, lambda *_: pytest.fail("a key of another network was seen"))
        [row] = service.rows("SELECT originator_id FROM stored_events WHERE originator_version = 1")
        with pytest.raises(NotThere):
            await episodes.shown("other", row["originator_id"], None, lambda _: True, lambda *_: None)
    finally:
        await database.close()


def test_a_role_that_could_see_past_it_is_not_ready(service: Service, tmp_path: Path) -> None:
    api = service.start(database_url=service.database.superuser_url)
    answer = api.http.get("/health/ready")
    assert answer.status_code == 503
    assert "row-level security" in answer.json()["reason"]


def test_the_policies_leave_the_indexes_in_use(service: Service) -> None:
    with within(service, "demo") as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            "EXPLAIN SELECT response FROM command_receipts JOIN unnest(ARRAY['demo'], ARRAY[%s::uuid])"
            " AS w(n, c) ON network_id = n AND command_id = c",
            (uuid4(),),
        ).fetchall()
    assert any("Index" in line and "command_receipts_pkey" in line for (line,) in plan), plan
