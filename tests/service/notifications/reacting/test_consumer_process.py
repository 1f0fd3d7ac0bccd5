"""The consumer as a process: killed or cut off from database or source, it goes on and doubles nothing."""

import random
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import numbers, subscribed
from tests.support.notifications.published_events import PARTNER, Care, busy_day
from tests.support.notifications.service_process import Api, Notifications
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

SLOWLY = """
CREATE OR REPLACE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER slowly AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION slowly()
"""


def in_the_middle(service: Notifications) -> bool:
    """Whether a transaction is under way at the slowed step."""
    with psycopg.connect(service.database.superuser_url) as db:
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        return db.execute(query).rowcount > 0


@pytest.mark.parametrize("table", ["seen_events", "known_episodes", "deliveries"])
def test_a_consumer_killed_at_any_step_takes_every_event_in_once(
    table: str, service: Notifications, episodes: EpisodesService
) -> None:
    subscription = subscribed(service, PARTNER)
    with psycopg.connect(service.database.owner_url) as owner:
        owner.execute(SLOWLY.format(table=table).encode())
    try:
        events = busy_day(episodes=3, sessions=40)
        for part in (events[:40], events[40:80], events[80:]):
            episodes.publish(*part)
            with service.running("consume"):
                eventually(partial(in_the_middle, service))
    finally:
        with psycopg.connect(service.database.owner_url) as owner:
            owner.execute(f"DROP TRIGGER slowly ON {table}".encode())
    with service.running("consume"):
        eventually(lambda: service.count("seen_events") == len(events))
    assert numbers(service, subscription) == list(range(1, 121))
    assert service.count("inbox") == 120
    assert service.count("parked") == 0


def test_a_paused_consumer_that_wakes_up_beside_its_successor_doubles_nothing(
    service: Notifications, episodes: EpisodesService
) -> None:
    subscription = subscribed(service, PARTNER)
    events = busy_day(episodes=2, sessions=30)
    with service.running("consume") as old:
        episodes.publish(*events[:20])
        eventually(lambda: service.count("seen_events") == 20)
        old.pause()
        with service.running("consume"):
            episodes.publish(*events[20:])
            eventually(lambda: service.count("seen_events") == len(events))
            old.resume()
            episodes.publish(last := Care().red_flag())
            eventually(lambda: service.count("seen_events") == len(events) + 1)
    assert numbers(service, subscription) == list(range(1, 61))
    assert last.attributes["id"] in {
        str(row["event_id"]) for row in service.rows("SELECT event_id FROM inbox")
    }


def test_a_consumer_outlives_its_database(
    service: Notifications, episodes: EpisodesService, postgres: PostgresServer
) -> None:
    with service.running("consume") as consume:
        episodes.publish(Care().red_flag())
        eventually(lambda: service.count("inbox") == 1)
        with postgres.killed():
            pass
        episodes.publish(Care().red_flag())
        eventually(lambda: service.count("inbox") == 2)
        assert consume.running


def test_the_api_says_that_it_is_not_ready_while_its_database_is_away(
    service: Notifications, postgres: PostgresServer
) -> None:
    token = service.issuer.token("therapist", clinics=[uuid4()])
    with Api(service) as api:
        assert api.call("GET", "/health/ready").status_code == 200
        with postgres.killed():
            assert api.call("GET", "/health/ready").status_code == 503
            assert api.call("GET", "/health/live").status_code == 200
            answer = api.call("GET", "/v1/inbox", token)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.json()["type"] == "/problems/unavailable"
        eventually(lambda: api.call("GET", "/health/ready").status_code == 200)
        assert api.call("GET", "/v1/inbox", token).status_code == 200


def test_a_consumer_waits_for_a_feed_that_is_away(service: Notifications) -> None:
    with EpisodesService() as away:
        port, url = away.port, away.url
    with service.running("consume", episodes_url=url) as consume:
        eventually(lambda: "consume begins again" in service.log_of("consume"))
        returned = EpisodesService()
        returned.port = port
        with returned:
            returned.publish(Care().red_flag())
            eventually(lambda: service.count("inbox") == 1)
        assert consume.running


def test_each_network_is_read_with_its_own_token_and_none_waits_for_another(
    service: Notifications, episodes: EpisodesService
) -> None:
    episodes.publish(Care().red_flag(), Care(network="other").red_flag())
    with service.running("consume", networks="demo,other,tokenless"):
        eventually(lambda: service.count("inbox") == 2)
    assert {row["network_id"] for row in service.rows("SELECT network_id FROM inbox")} == {"demo", "other"}
    assert len(episodes.tokens) == 2


def test_how_far_behind_the_consumer_is_can_be_seen_from_outside(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    episodes.publish_raw({"id": str(UUID(int=random.getrandbits(128))), "source": "/networks/demo/episodes"})
    with service.running("consume"):
        eventually(lambda: service.count("parked"))
        eventually(lambda: service.count("positions") == 2)
    shown = api.call("GET", "/metrics").text
    assert 'notifications_parked{network="demo"} 1.0' in shown
    assert 'notifications_consume_behind_seconds{lane="feed/demo"}' in shown
