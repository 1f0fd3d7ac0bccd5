"""Networks are kept apart by the database itself: also where a query forgets to, also for the owner."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from care_platform.postgres.compatibility import StoreRevision
from care_platform.postgres.grants import of_role, permitted
from contracts.codec import from_json
from notifications.delivering.outbox import CLAIM, LONG_DUE, OF_ONE_AT_ONCE, PER_ENDPOINT
from notifications.migrate import newest
from notifications.migrations.grants import API, GRANTS
from notifications.migrations.versions.v0003_row_level_security import TABLES
from notifications.migrations.versions.v0008_gaps_wait import NEW_TABLES
from notifications.postgres.connections import WAKE, Connection, Database, connect, within
from notifications.postgres.readiness import why_not_ready
from notifications.reacting.owed_rows import OWE_PARTNER, event_row
from tests.support.notifications.intake import Lane, subscribed
from tests.support.notifications.published_events import Care, documents
from tests.support.notifications.service_process import Api, Issuer, Notifications
from tests.support.servers.postgres import PostgresServer

PARTNER = uuid4()
OWNER = "notifications_owner"
OF_NETWORKS = (*TABLES, *NEW_TABLES)
NOT_OF_A_NETWORK = {"positions"}
"""They belong to a role."""


@pytest.fixture
async def db(service: Notifications) -> AsyncIterator[Connection]:
    async with await connect(service.database.url("consume")) as connection:
        yield connection


async def fill(service: Notifications, db: Connection) -> None:
    """Every table holds rows of two networks."""
    for network in ("demo", "other"):
        care = Care(network=network)
        subscription = subscribed(service, PARTNER, network)
        service.write(
            "UPDATE subscriptions SET network_id = %s WHERE subscription_id = %s", network, subscription
        )
        lane = Lane(db, network, f"feed/{network}")
        await lane.take(care.opened(), care.shared_with(PARTNER), care.session("no_consent"))
        again = replace(care, sequence=0)
        await lane.take(again.red_flag())
        care.sequence += 1
        await lane.take(care.red_flag())
        await lane.take_raw(*documents([care.event("unheard_of", {})]))
    service.write("INSERT INTO comparisons VALUES ('demo', 'p1', now()), ('other', 'p1', now())")
    service.write(
        "INSERT INTO attempts SELECT network_id, subscription_id, number, 1, subscription_id, now(), 3, 204"
        " FROM deliveries"
    )


async def networks_seen(db: Connection, table: str) -> set[str]:
    """By a query that forgets its WHERE."""
    rows = await (await db.execute(f"SELECT network_id FROM {table}".encode())).fetchall()
    return {row["network_id"] for row in rows}


def test_every_table_with_a_network_forces_row_security(service: Notifications) -> None:
    found = service.rows(
        "SELECT t.relname AS name, t.relrowsecurity AND t.relforcerowsecurity AS forced,"
        " (SELECT array_agg(p.polname || p.polcmd::text ORDER BY p.polname) FROM pg_policy p"
        "  WHERE p.polrelid = t.oid AND p.polpermissive AND p.polroles = '{0}'"
        "  AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) AS policies"
        " FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = t.relnamespace"
        " WHERE n.nspname = 'public' AND a.attname = 'network_id' AND t.relkind IN ('r', 'p')"
    )
    of_networks = {row["name"]: row for row in found if row["name"] not in NOT_OF_A_NETWORK}
    assert set(of_networks) == set(OF_NETWORKS)
    for name, row in of_networks.items():
        assert (row["forced"], row["policies"]) == (True, ["of_the_networks*"]), name


@pytest.mark.parametrize("table", OF_NETWORKS)
async def test_a_query_that_forgets_its_network_sees_only_its_own(
    table: str, service: Notifications, db: Connection
) -> None:
    await fill(service, db)
    readers = {one.role for one in permitted(GRANTS) if one.name == table and one.privilege == "SELECT"}
    for role in readers | {OWNER}:
        async with await connect(service.database.url(role.removeprefix("notifications_"))) as reader:
            for networks in ((), ("elsewhere",), ("demo",), ("other",), ("demo", "other")):
                async with within(reader, *networks):
                    assert await networks_seen(reader, table) == set(networks) - {"elsewhere"}, role
            assert await networks_seen(reader, table) == set(), role


@pytest.mark.parametrize("networks", [(), ("other",)])
async def test_a_row_for_another_network_is_refused(
    networks: Sequence[str], service: Notifications, db: Connection
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with within(db, *networks):
            await db.execute("INSERT INTO seen_events VALUES ('demo', %s)", [uuid4()])
    assert service.count("seen_events") == 0


async def test_a_row_cannot_be_moved_to_another_network_nor_changed_from_there(
    service: Notifications, db: Connection
) -> None:
    await fill(service, db)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with within(db, "demo"):
            await db.execute("UPDATE known_episodes SET network_id = 'other'")
    async with within(db, "other"):
        await db.execute("UPDATE known_episodes SET last_sequence = 77")
    changed = service.rows("SELECT network_id FROM known_episodes WHERE last_sequence = 77")
    assert changed == [{"network_id": "other"}]


async def test_the_next_user_of_a_connection_does_not_inherit_its_networks(
    service: Notifications, db: Connection
) -> None:
    await fill(service, db)
    async with Database(service.database.url("api"), size=1) as database:
        async with database.within("demo") as lent:
            assert await networks_seen(lent, "inbox") == {"demo"}
        assert await networks_seen(lent, "inbox") == set()  # as the pool will lend it again
        await lent.rollback()
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with database.within("demo") as lent:
                await lent.execute("SELECT 1 / 0")
        assert await networks_seen(lent, "inbox") == set()
        await lent.rollback()
        async with database.within() as again:
            assert again is lent
            assert await networks_seen(again, "inbox") == set()


@pytest.mark.parametrize("known", [True, False])
async def test_what_the_claim_reads_it_finds_by_indexes(known: bool, service: Notifications) -> None:
    """Among 40,000 deliveries, of which few are due, of 200 subscriptions in four networks; and before the
    tables were analysed for the first time.
    """
    service.write("ALTER TABLE deliveries SET (autovacuum_enabled = false)")
    service.write(
        "INSERT INTO subscriptions"
        " (network_id, subscription_id, partner_id, url, level, secret, created_at, last_number, proved_at,"
        " rests_until) SELECT (ARRAY['demo', 'other', 'third', 'fourth'])[1 + n %% 4], gen_random_uuid(),"
        " gen_random_uuid(), n::text, 'ids', '', now(), 200, now(), NULL FROM generate_series(1, 200) n"
    )
    service.write(
        "INSERT INTO deliveries (network_id, subscription_id, number, event_id, event_type, episode_id,"
        " clinic_id, occurred_at, precision, recorded_at, origin, dataref, correlation_id, state)"
        " SELECT network_id, subscription_id, number, gen_random_uuid(), 't', subscription_id,"
        " subscription_id, '', 'minute', '', 'live', '', subscription_id,"
        " CASE WHEN number > 198 THEN 'pending' ELSE 'delivered' END"
        " FROM subscriptions, generate_series(1, 200) number"
    )
    if known:
        service.write("ANALYZE subscriptions, deliveries")
    parameters = {
        "networks": ["demo", "other"],
        "per_endpoint": PER_ENDPOINT,
        "of_one": OF_ONE_AT_ONCE,
        "room": 100,
        "limit": 100,
        "long": LONG_DUE,
        "claim": uuid4(),
        "lease": timedelta(seconds=30),
    }
    async with await connect(service.database.url("deliver")) as db, within(db, "demo", "other"):
        row = await (await db.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + CLAIM, parameters)).fetchone()
    assert row is not None
    plan = nodes(row["QUERY PLAN"][0]["Plan"])
    scans = [it for it in plan if it.get("Relation Name") == "deliveries" and "Scan" in it["Node Type"]]
    assert {it["Node Type"] for it in scans} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
    assert {it.get("Index Name") for it in plan} >= {"deliveries_due", "deliveries_leased", "deliveries_pkey"}
    assert max(it["Actual Rows"] for it in scans) <= 100
    networks = [
        it for it in plan if it["Node Type"] == "Result" and it.get("Parent Relationship") == "InitPlan"
    ]
    assert {it["Actual Loops"] for it in networks} <= {0, 1}, "the networks are read once per query"


async def test_what_one_event_owes_to_many_subscriptions_is_looked_up_once(service: Notifications) -> None:
    """Also before the tables were analysed for the first time."""
    service.write("ALTER TABLE deliveries SET (autovacuum_enabled = false)")
    partner, care = uuid4(), Care()
    for name in range(50):
        subscribed(service, partner, str(name))
    about = event_row(from_json(documents([care.session()])[0]))
    parameters = {**about, "partner": partner, "not_before": None, "wake": WAKE}
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {OWE_PARTNER}"
    async with await connect(service.database.url("consume")) as db, within(db, "demo"):
        row = await (await db.execute(explain.encode(), parameters)).fetchone()
    assert row is not None
    plan = nodes(row["QUERY PLAN"][0]["Plan"])
    scans = [it for it in plan if it.get("Relation Name") == "deliveries" and "Scan" in it["Node Type"]]
    assert [it["Actual Loops"] for it in scans] == [1]
    assert service.count("deliveries") == 50


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(inner for child in plan.get("Plans", []) for inner in nodes(child))]


@pytest.mark.parametrize("can", ["BYPASSRLS", "SUPERUSER NOBYPASSRLS"])
async def test_a_role_that_gets_around_row_security_is_not_ready(can: str, service: Notifications) -> None:
    store = StoreRevision()
    async with await connect(service.database.superuser_url) as db:
        await db.execute(f"CREATE ROLE care_unbound {can}".encode())
        await db.execute("GRANT USAGE ON SCHEMA public TO care_unbound")
        await db.execute("GRANT SELECT ON alembic_version, compatibility TO care_unbound")
        await db.execute("SET LOCAL ROLE care_unbound")
        assert "row-level security" in (await why_not_ready(db, store, newest(), of_role(GRANTS, API)) or "")
        await db.execute("SET LOCAL ROLE notifications_api")
        assert await why_not_ready(db, store, newest(), of_role(GRANTS, API)) is None
        await db.rollback()


def test_the_api_says_why_it_is_not_ready(
    service: Notifications, postgres: PostgresServer, issuer: Issuer
) -> None:
    empty = postgres.fresh_database("notifications")
    for address, reason in (
        (service.database.superuser_url, "row-level security"),
        (empty.url("api"), "run migrate"),
    ):
        with Api(service, database_url=address) as api:
            answer = api.call("GET", "/health/ready")
        assert answer.status_code == 503
        assert reason in answer.json()["reason"]
